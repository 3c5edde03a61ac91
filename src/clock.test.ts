import { clockContract } from "../test/contracts/clock.ts";
import { systemClock } from "./clock.ts";

clockContract("the system's", () => ({ clock: systemClock, run: (work) => work }));
