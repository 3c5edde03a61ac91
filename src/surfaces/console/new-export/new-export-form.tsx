import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { Refusal } from "../api.ts";
import { inBoth } from "../language.ts";
import { Failure, Notice } from "../parts/failure.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { go } from "../route.ts";
import { isSignInStopped } from "../setup/api.ts";
import { start } from "./api.ts";
import { EstimateOf } from "./estimate.tsx";
import { ExportFields } from "./export-fields.tsx";
import type { ExportStarted } from "./export-start.tsx";
import { complaintsOf, draftFor, type Draft } from "./form.ts";
import { useEstimate, type Estimating } from "./use-estimate.ts";
import { useFirstComplaint } from "./use-first-complaint.ts";

const words = inBoth({
  en: {
    estimate: "Estimate first",
    start: "Start export",
    stop: "Stop estimating",
    going: "Listing the mailbox to count its messages. Nothing is fetched yet; a large mailbox takes a minute or two.",
    counting: "Counting messages",
    changed: "The form has changed since the estimate: estimate again to know what it takes now.",
    refused: "Something is not right yet: see what is marked in red above.",
    signIn: "Sign in with Google (opens in a new tab)",
  },
  fr: {
    estimate: "Estimer d'abord",
    start: "Lancer l'export",
    stop: "Arrêter l'estimation",
    going:
      "Parcours de la boîte pour en compter les messages. Rien n'est encore lu ; une grande boîte prend une minute ou deux.",
    counting: "Comptage des messages",
    changed: "Le formulaire a changé depuis l'estimation : estimez à nouveau pour savoir ce qu'il demande à présent.",
    refused: "Quelque chose ne va pas encore : voyez ce qui est marqué en rouge ci-dessus.",
    signIn: "Se connecter avec Google (s'ouvre dans un nouvel onglet)",
  },
});

/** Everything that can be asked of an export, with a dry run before it. What was typed stays, whatever the server says. */
export function NewExportForm({ accounts, exportDir, readsDomain }: ExportStarted) {
  const w = words();
  const [draft, setDraft] = useState(() => draftFor(accounts));
  const change = (part: Partial<Draft>): void => setDraft((last) => ({ ...last, ...part }));
  const estimating = useEstimate();
  const starting = useAction(async () => {
    estimating.stop();
    go({ page: "export", id: (await start(draft, exportDir)).job_id });
  });
  const [last, setLast] = useState<"start" | "estimate">("start");
  const notEstimated = estimating.now.state === "failed" ? estimating.now.error : undefined;
  const error = last === "start" ? starting.error : notEstimated;
  const problem = error instanceof Refusal ? error.problem : undefined;
  const complaints = complaintsOf(problem?.errors);
  const form = useFirstComplaint(problem);

  return (
    <form
      ref={form}
      class="new-export"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setLast("start");
        starting.run();
      }}
    >
      <section class="card">
        <ExportFields
          accounts={accounts}
          draft={draft}
          change={change}
          complaints={complaints}
          exportDir={exportDir}
          readsDomain={readsDomain}
          free={problem?.free_directory}
          isEstimated
        />
      </section>
      {problem?.code === "invalid_fields" && Object.keys(complaints).length > 0 ? (
        <Notice kind="bad">
          <p>{w.refused}</p>
        </Notice>
      ) : (
        <Failure error={error} />
      )}
      {problem?.sign_in_url !== undefined && (
        <p>
          {isSignInStopped() ? (
            <SignInLink />
          ) : (
            <a class="button primary" href={problem.sign_in_url} target="_blank" rel="noreferrer">
              {w.signIn}
            </a>
          )}
        </p>
      )}
      <Outcome of={estimating.now} draft={draft} />
      <div class="actions">
        <button type="submit" class="primary" disabled={starting.busy}>
          {w.start}
        </button>
        {estimating.now.state === "going" ? (
          <button type="button" onClick={estimating.stop}>
            {w.stop}
          </button>
        ) : (
          <button
            type="button"
            disabled={starting.busy}
            onClick={() => {
              setLast("estimate");
              estimating.ask(draft, exportDir);
            }}
          >
            {w.estimate}
          </button>
        )}
      </div>
    </form>
  );
}

/** The estimate, or that it is being made. Told to readers when it is there. */
function Outcome({ of, draft }: { of: Estimating; draft: Draft }) {
  const w = words();
  return (
    <div role="status">
      {of.state === "going" && (
        <section class="card">
          <p>{w.going}</p>
          <progress aria-label={w.counting} />
        </section>
      )}
      {of.state === "ready" && (
        <section class="card">
          {of.of === draft ? <EstimateOf of={of.value} draft={draft} /> : <p>{w.changed}</p>}
        </section>
      )}
    </div>
  );
}
