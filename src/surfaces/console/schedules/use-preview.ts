import { useEffect, useState } from "preact/hooks";

import { Refusal } from "../api.ts";
import { TYPING_PAUSE_MS } from "../typing.ts";
import { previewRuns } from "./api.ts";
import { scheduleComplaintsOf, type Complaint, type Timing, type TimingField } from "./form.ts";

/** What the server makes of an expression and a zone: the next moments, or what is wrong with them. */
type Preview = Readonly<{ runs: readonly string[]; complaints: Partial<Record<TimingField, Complaint>> }>;

const NOTHING: Preview = { runs: [], complaints: {} };

/** Asked for again whenever they change; nothing is said of what is empty. */
export function usePreview({ cron, timeZone }: Timing): Preview {
  const [preview, show] = useState(NOTHING);
  useEffect(() => {
    if (cron.trim() === "" || timeZone.trim() === "") return show(NOTHING);
    const stop = new AbortController();
    const ask = (): void => {
      previewRuns(cron.trim(), timeZone.trim(), stop.signal).then(
        (runs) => stop.signal.aborted || show({ runs, complaints: {} }),
        (error: unknown) => {
          if (stop.signal.aborted) return;
          const errors = error instanceof Refusal ? error.problem.errors : undefined;
          show({ runs: [], complaints: scheduleComplaintsOf(errors).timing });
        },
      );
    };
    const timer = setTimeout(ask, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [cron, timeZone]);
  return preview;
}
