import type { ComponentChildren } from "preact";

import { Refusal } from "../api.ts";
import { inBoth } from "../language.ts";
import { Sentence } from "./sentence.tsx";

const words = inBoth({
  en: {
    unreachable: "The server cannot be reached.",
    start: "See whether gmail-export still runs, then try again.",
    next: "What to do:",
    again: "Try again",
    request: "Request",
  },
  fr: {
    unreachable: "Le serveur est injoignable.",
    start: "Vérifiez que gmail-export tourne encore, puis réessayez.",
    next: "Que faire :",
    again: "Réessayer",
    request: "Requête",
  },
});

/** What went wrong and the next step, in the person's language. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  if (error === undefined) return null;
  const w = words();
  const problem = error instanceof Refusal ? error.problem : undefined;
  return (
    <div class="notice bad" role="alert">
      {problem ? (
        <>
          <p>
            <strong>
              <Sentence text={problem.detail} code={problem.code} />
            </strong>
          </p>
          <p>
            {w.next} <Sentence text={problem.next} code={problem.code} part="next" />
          </p>
          <p class="small dim">
            <code>{problem.code}</code> · {w.request} <code>{problem.request_id}</code>
          </p>
        </>
      ) : (
        <p>
          <strong>{w.unreachable}</strong> {w.start}
        </p>
      )}
      {again && (
        <button type="button" onClick={again}>
          {w.again}
        </button>
      )}
    </div>
  );
}

export function Notice({ kind, children }: { kind: "good" | "warn" | "bad" | "plain"; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}
