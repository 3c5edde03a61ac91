import { fail, ok, skipped, warn, type Finding } from "../finding.ts";
import { number, span } from "../words.ts";

/** Clocks of any two machines differ by seconds; by minutes, one of them is not kept right. */
const WARN_MS = 60_000;
const FAIL_MS = 300_000;

/** How far this machine's clock was ahead of the time that a server put on its answer. */
export type Ahead = Readonly<{ host: string; ms: number }>;

export function clockFinding(compared: readonly Ahead[]): Finding {
  const [worst] = compared.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
  if (worst === undefined)
    return skipped(
      "clock",
      "The clock was not compared: no server answered with the time",
      "It is held against the Date header of Google's answers.",
      "Mend the way to Google first.",
    );
  const off = Math.abs(worst.ms);
  const seconds = Math.round(off / 1_000);
  if (off <= WARN_MS) return ok("clock", `The clock agrees with Google's to within ${number(Math.max(1, seconds))} s`);
  const found = off > FAIL_MS ? fail : warn;
  return found(
    "clock",
    `The clock is ${span(seconds)} ${worst.ms > 0 ? "ahead" : "behind"}, compared with ${worst.host}`,
    "It tells when access tokens end, when Google lets calls through again, and whether a certificate is valid.",
    "Set the clock: sudo timedatectl set-ntp true (of a container or virtual machine, on its host).",
  );
}
