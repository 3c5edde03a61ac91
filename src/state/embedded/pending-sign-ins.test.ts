import { pendingSignInsContract } from "../../../test/contracts/pending-sign-ins.ts";
import { jumpingClock } from "../../google/testing.ts";
import { pendingSignIns } from "./pending-sign-ins.ts";

pendingSignInsContract("embedded", async () => {
  const clock = jumpingClock();
  return { clock, pending: pendingSignIns(clock), [Symbol.asyncDispose]: async () => {} };
});
