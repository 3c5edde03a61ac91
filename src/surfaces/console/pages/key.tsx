import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { ask, keyIsNeeded } from "../api.ts";
import { inBoth } from "../language.ts";
import { Failure } from "../parts/failure.tsx";
import { Page } from "../parts/page.tsx";

const words = inBoth({
  en: {
    title: "This server asks for its key",
    why: "Other machines can reach it, so it lets in only those who know its key: the setting API_KEY. Whoever set the server up can tell you.",
    key: "API key",
    enter: "Enter",
    kept: "The browser keeps a pass for twelve hours, not the key itself.",
  },
  fr: {
    title: "Ce serveur demande sa clé",
    why: "D'autres machines peuvent l'atteindre : il n'admet donc que ceux qui connaissent sa clé, le réglage API_KEY. La personne qui l'a installé peut vous la donner.",
    key: "Clé d'API",
    enter: "Entrer",
    kept: "Le navigateur garde un laissez-passer pendant douze heures, pas la clé elle-même.",
  },
});

export function KeyPage() {
  const w = words();
  const [key, setKey] = useState("");
  const enter = useAction(async () => {
    await ask("POST", "/session", { body: { key } });
    keyIsNeeded.value = false;
  });
  return (
    <Page title={w.title}>
      <p>{w.why}</p>
      <form
        class="card narrow"
        onSubmit={(event) => {
          event.preventDefault();
          enter.run();
        }}
      >
        <label>
          {w.key}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <p class="small dim">{w.kept}</p>
        <Failure error={enter.error} />
        <button type="submit" class="primary" disabled={enter.busy}>
          {w.enter}
        </button>
      </form>
    </Page>
  );
}
