import type { EpochMs } from "../../../core/time.ts";

const MINUTE_MS = 60_000;

/** A pace kept up for so long without a refusal is borne. When one comes after all, it was a little too fast. */
const PROVING_MS = 62_000;
const PROVED_AND_REFUSED = 0.985;
const PROVED_OR_NEARLY = 1.002;

/** So much of it must have been used: a pace that nobody kept up was not put to the test. */
const USED = 0.95;

/** What pace was borne for a minute: no belief is needed for that. */
export type Proof = Readonly<{
  /** Units a minute; 0 as long as nothing is proved. */
  rate(): number;
  /** Whether this pace is no more than what was borne: a refusal then says that something has changed. */
  covers(pace: number): boolean;
  /** At this pace calls go now, and so many units got through so far. */
  watch(pace: number, passedUnits: number, now: EpochMs): void;
  /** `isSoon`: within a minute of the refusal before, so that nothing is proved any more. */
  refused(isSoon: boolean, passedUnits: number, now: EpochMs): void;
}>;

export function createProof(begun: EpochMs): Proof {
  let proved = 0;
  let steady = { pace: Infinity, since: begun, passed: 0 };
  return {
    rate: () => proved,
    covers: (pace) => pace <= proved * PROVED_OR_NEARLY,
    watch(pace, passedUnits, now) {
      const { pace: least, since, passed } = steady;
      if (pace >= least && now - since < PROVING_MS) return;
      const wasUsed = passedUnits - passed > (USED * least * (now - since)) / MINUTE_MS;
      if (pace >= least && wasUsed) proved = Math.max(proved, least);
      steady = { pace, since: now, passed: passedUnits };
    },
    refused(isSoon, passedUnits, now) {
      proved = isSoon ? 0 : proved * PROVED_AND_REFUSED;
      steady = { pace: Infinity, since: now, passed: passedUnits };
    },
  };
}
