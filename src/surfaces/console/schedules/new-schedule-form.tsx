import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { Refusal } from "../api.ts";
import { inBoth } from "../language.ts";
import { ExportFields } from "../new-export/export-fields.tsx";
import type { ExportStarted } from "../new-export/export-start.tsx";
import { draftFor, type Draft } from "../new-export/form.ts";
import { useFirstComplaint } from "../new-export/use-first-complaint.ts";
import { Failure, Notice } from "../parts/failure.tsx";
import { go, to } from "../route.ts";
import { addSchedule } from "./api.ts";
import { scheduleBodyOf, scheduleComplaintsOf, timingIn, type Timing } from "./form.ts";
import { usePreview } from "./use-preview.ts";
import { WhenFields } from "./when-fields.tsx";

const words = inBoth({
  en: {
    what: "What",
    add: "Add the schedule",
    back: "Go back",
    refused: "Something is not right yet: see what is marked in red above.",
  },
  fr: {
    what: "Quoi",
    add: "Ajouter la planification",
    back: "Revenir",
    refused: "Quelque chose ne va pas encore : voyez ce qui est marqué en rouge ci-dessus.",
  },
});

/** When an account is exported, and all that can be asked of an export. What was typed stays, whatever the server says. */
export function NewScheduleForm({ accounts, exportDir, readsDomain }: ExportStarted) {
  const w = words();
  const [draft, setDraft] = useState(() => draftFor(accounts));
  const [timing, setTiming] = useState(() => timingIn(Intl.DateTimeFormat().resolvedOptions().timeZone));
  const preview = usePreview(timing);
  const [sent, setSent] = useState<Readonly<{ draft: Draft; timing: Timing }>>();
  const adding = useAction(async () => {
    setSent({ draft, timing });
    await addSchedule(scheduleBodyOf(draft, timing, exportDir));
    go({ page: "schedules" });
  });
  const problem = adding.error instanceof Refusal ? adding.error.problem : undefined;
  // What was refused stays marked until something is changed: the preview tells what is wrong with what is typed then.
  const isAsSent = sent?.draft === draft && sent.timing === timing;
  const complaints = scheduleComplaintsOf(isAsSent ? problem?.errors : undefined);
  const isAtFields = Object.keys(complaints.timing).length + Object.keys(complaints.options).length > 0;
  const form = useFirstComplaint(problem);
  return (
    <form
      ref={form}
      class="new-export"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        adding.run();
      }}
    >
      <section class="card">
        <WhenFields
          timing={timing}
          change={(part) => setTiming((last) => ({ ...last, ...part }))}
          complaints={{ ...complaints.timing, ...preview.complaints }}
          runs={preview.runs}
        />
      </section>
      <section class="card">
        <h2>{w.what}</h2>
        <ExportFields
          accounts={accounts}
          draft={draft}
          change={(part: Partial<Draft>) => setDraft((last) => ({ ...last, ...part }))}
          complaints={complaints.options}
          exportDir={exportDir}
          readsDomain={readsDomain}
          free={problem?.free_directory}
        />
      </section>
      {isAtFields ? (
        <Notice kind="bad">
          <p>{w.refused}</p>
        </Notice>
      ) : (
        (isAsSent || problem?.errors === undefined) && <Failure error={adding.error} />
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={adding.busy}>
          {w.add}
        </button>
        <a class="button" href={to({ page: "schedules" })}>
          {w.back}
        </a>
      </div>
    </form>
  );
}
