import type { Failure } from "../../../core/errors.ts";
import type { Progress } from "../../../core/export/job.ts";
import type { EpochMs } from "../../../core/time.ts";

/** Who is told how an export goes. */
export type Reporter = Readonly<{
  progress(progress: Progress): void;
  /** It rests, and goes on by itself then. */
  waiting(failure: Failure, until: EpochMs): void;
}>;
