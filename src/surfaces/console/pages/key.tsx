import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { ask, keyIsNeeded } from "../api.ts";
import { inBoth } from "../language.ts";
import { Failure } from "../parts/failure.tsx";
import { Page } from "../parts/page.tsx";

const words = inBoth({
  en: {
    title: "This server asks for its key",
    why: "It is open to other machines, so only those who know its API_KEY may use it. Whoever set it up has the key.",
    key: "API key",
    enter: "Enter",
    kept: "The browser keeps a cookie for it, not the key itself, and forgets it after some hours.",
  },
  fr: {
    title: "Ce serveur demande sa clé",
    why: "Il est ouvert à d'autres machines : seuls ceux qui connaissent son API_KEY peuvent s'en servir. Qui l'a installé a la clé.",
    key: "Clé d'API",
    enter: "Entrer",
    kept: "Le navigateur garde un cookie, pas la clé elle-même, et l'oublie après quelques heures.",
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
