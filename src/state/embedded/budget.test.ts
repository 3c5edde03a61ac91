import { budgetContract } from "../../../test/contracts/budget.ts";
import { embeddedBudget } from "./budget.ts";

budgetContract("embedded", embeddedBudget);
