import { failureOf, refuse, type Failure } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { EpochMs } from "../core/time.ts";
import type { Verdict, VerifyProgress } from "./verify.ts";

/** How a check of one export directory stands, or how the last one ended. */
export type Verification = Readonly<{
  online: boolean;
  startedAt: EpochMs;
  progress: VerifyProgress;
}> &
  Readonly<
    | { state: "running" }
    | { state: "completed"; endedAt: EpochMs; verdict: Verdict }
    | { state: "failed"; endedAt: EpochMs; failure: Failure }
  >;

/**
 * Checks that run in the background, one at a time for each directory. They are kept in this process's memory alone:
 * a check changes nothing and costs no more than listings do, so one that a restart ended is simply asked for
 * again.
 */
export type Verifications = Readonly<{
  /** Begins one; the one that runs, when it is of the same kind. Throws `directory_busy` when that is of the other kind. */
  start(directory: string, online: boolean): Verification;
  /** The one that runs, or else the last one since the program started. */
  find(directory: string): Verification | undefined;
  /** Ends all that run; resolves when none does. */
  close(): Promise<void>;
}>;

/** Carries out a check of one directory; see `verify`. */
type RunVerify = (
  directory: string,
  online: boolean,
  report: (progress: VerifyProgress) => void,
  signal: AbortSignal,
) => Promise<Verdict>;

/** Stands for a defect of this program, whose own message may quote mail. */
const DEFECT: Failure = {
  code: "internal",
  retry: "never",
  message: "gmail-export met something it does not expect.",
  next: "See the server's log.",
};

export function createVerifications(run: RunVerify, clock: Pick<Clock, "now">): Verifications {
  const known = new Map<string, Verification>();
  const running = new Set<Promise<void>>();
  const over = new AbortController();

  const runCheck = async (directory: string, first: Verification): Promise<void> => {
    let now = first;
    const report = (progress: VerifyProgress): void => void known.set(directory, (now = { ...now, progress }));
    try {
      const verdict = await run(directory, first.online, report, over.signal);
      known.set(directory, { ...now, state: "completed", endedAt: clock.now(), verdict });
    } catch (error) {
      known.set(directory, { ...now, state: "failed", endedAt: clock.now(), failure: failureOf(error) ?? DEFECT });
    }
  };

  return {
    start(directory, online) {
      const last = known.get(directory);
      if (last?.state === "running") {
        if (last.online === online) return last;
        throw refuse(
          "directory_busy",
          `Another check of ${directory} is running.`,
          "Wait until it has ended, then ask again.",
        );
      }
      const progress: VerifyProgress = { stage: "files", records: 0, of: 0, listed: 0 };
      const begun: Verification = { state: "running", online, startedAt: clock.now(), progress };
      known.set(directory, begun);
      const one = runCheck(directory, begun).finally(() => running.delete(one));
      running.add(one);
      return begun;
    },
    find: (directory) => known.get(directory),
    async close() {
      over.abort();
      await Promise.all(running);
    },
  };
}
