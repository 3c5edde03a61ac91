import { lockContract } from "../../../test/contracts/lock.ts";
import { systemClock } from "../../clock.ts";
import { fileLock } from "./lock.ts";

lockContract("a file that SQLite holds", () => fileLock(systemClock));
