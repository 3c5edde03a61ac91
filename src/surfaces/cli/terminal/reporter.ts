import type { Failure } from "../../../core/errors.ts";
import type { Progress } from "../../../core/export/job.ts";
import type { EpochMs } from "../../../core/time.ts";

/** Shows how an export goes, to people or to programs. */
export type Reporter = Readonly<{
  progress(progress: Progress): void;
  /** It rests, and goes on by itself then. */
  waiting(failure: Failure, until: EpochMs): void;
}>;
