import type { Finding, Status } from "../../../doctor/finding.ts";
import { inBoth } from "../language.ts";
import { CopyText } from "../parts/copy-text.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { to } from "../route.ts";
import { labels } from "./labels.ts";
import { remedyOf } from "./remedy.ts";

const words = inBoth({
  en: {
    statuses: { ok: "Fine", warn: "Beware", fail: "Problem", skipped: "Not checked" },
    next: "What to do:",
    accounts: "Open the accounts",
    setup: "Open the setup guide",
    command: "Command",
  },
  fr: {
    statuses: { ok: "Bien", warn: "Attention", fail: "Problème", skipped: "Non vérifié" },
    next: "Que faire :",
    accounts: "Ouvrir les comptes",
    setup: "Ouvrir le guide de configuration",
    command: "Commande",
  },
});

const ICONS: Readonly<Record<Status, string>> = { ok: "✓", warn: "!", fail: "✕", skipped: "–" };

/** One thing looked at: its name, what was found, why it matters, and what mends it. */
export function FindingLine({ finding }: { finding: Finding }) {
  const { id, account, status, what, why } = finding;
  const { text, action } = remedyOf(finding);
  const w = words();
  return (
    <li class={`finding ${status}`}>
      <span class="icon" aria-hidden="true">
        {ICONS[status]}
      </span>
      <div>
        <p class="small">
          <strong>{labels()[id]}</strong> · <span class="status">{w.statuses[status]}</span>
        </p>
        <p>
          <Sentence text={what} />
        </p>
        {why !== "" && (
          <p class="dim">
            <Sentence text={why} />
          </p>
        )}
        {text !== "" && (
          <p>
            <strong>{w.next}</strong>{" "}
            {action === "copy" ? <CopyText what={w.command} text={text} /> : <Sentence text={text} />}
          </p>
        )}
        {action === "sign_in" && (
          <p>
            <SignInLink {...(account !== undefined && { email: account })} />
          </p>
        )}
        {(action === "accounts" || action === "setup") && (
          <p>
            <a class="button" href={to({ page: action })}>
              {w[action]}
            </a>
          </p>
        )}
      </div>
    </li>
  );
}
