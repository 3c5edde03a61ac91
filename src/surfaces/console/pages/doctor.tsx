import { useEffect, useState } from "preact/hooks";

import { listAccounts } from "../accounts/api.ts";
import { examine } from "../doctor/api.ts";
import { Report } from "../doctor/report.tsx";
import { inBoth } from "../language.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";

const words = inBoth({
  en: {
    title: "Doctor",
    about:
      "Looks at this machine, at the way to Google and at each sign-in. It takes some seconds and changes nothing.",
    again: "Look again",
    looking: "Looking…",
    whom: "Sign-ins",
    all: "All of them",
  },
  fr: {
    title: "Diagnostic",
    about:
      "Examine cet ordinateur, le chemin vers Google et chaque connexion. Cela prend quelques secondes et ne change rien.",
    again: "Vérifier de nouveau",
    looking: "Vérification…",
    whom: "Connexions",
    all: "Toutes",
  },
});

export function DoctorPage() {
  const w = words();
  const [email, setEmail] = useState("");
  const [isLooking, setLooking] = useState(true);
  const findings = useResource(`doctor ${email}`, (signal) => examine(email, signal));
  const accounts = useResource("accounts", listAccounts);
  const { value, state } = findings;
  const error = state === "failed" ? findings.error : undefined;
  useEffect(() => setLooking(state === "loading"), [state, value, error]);
  const again = (): void => {
    setLooking(true);
    findings.reload();
  };
  return (
    <Page
      title={w.title}
      actions={
        <button type="button" class="primary" disabled={isLooking} onClick={again}>
          {isLooking ? w.looking : w.again}
        </button>
      }
    >
      <p class="dim">{w.about}</p>
      {accounts.value && accounts.value.length > 1 && (
        <label class="narrow">
          {w.whom}{" "}
          <select value={email} onChange={({ currentTarget }) => setEmail(currentTarget.value)}>
            <option value="">{w.all}</option>
            {accounts.value.map((account) => (
              <option key={account.email}>{account.email}</option>
            ))}
          </select>
        </label>
      )}
      <Loaded from={findings}>{(found) => <Report findings={found} />}</Loaded>
    </Page>
  );
}
