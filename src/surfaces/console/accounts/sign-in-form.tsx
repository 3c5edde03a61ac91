import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { to } from "../route.ts";
import type { Setup } from "../setup/api.ts";
import { ClientProblem } from "../setup/client-problem.tsx";
import { ServiceAccountNote } from "../setup/service-account.tsx";
import { signInAddress } from "../sign-in-address.ts";

const words = inBoth({
  en: {
    email: "Address (if you like)",
    hint: "Google then offers this account at once, and no other can sign in by mistake.",
    signIn: "Sign in with Google",
    notReady: "Before anybody can sign in, Google must know this program.",
    guide: "Open the setup guide",
  },
  fr: {
    email: "Adresse (facultative)",
    hint: "Google propose alors ce compte d'emblée, et aucun autre ne peut se connecter par erreur.",
    signIn: "Se connecter avec Google",
    notReady: "Avant toute connexion, Google doit connaître ce programme.",
    guide: "Ouvrir le guide de configuration",
  },
});

/** Leaves for Google's page. Without a usable client file there is none: then the guide is the way. */
export function SignInForm({ setup, isFirst }: { setup: Setup | undefined; isFirst: boolean }) {
  const w = words();
  const [email, setEmail] = useState("");
  if (setup?.credentials.state === "service_account") return <ServiceAccountNote setup={setup} />;
  if (setup && setup.credentials.state !== "ready")
    return (
      <Notice kind="warn">
        <p>{w.notReady}</p>
        <p>
          <a class="button" href={to({ page: "setup" })}>
            {w.guide}
          </a>
        </p>
      </Notice>
    );
  if (setup?.credentials.problem?.stops_sign_in) return <ClientProblem setup={setup} />;
  return (
    <form
      class="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        location.assign(signInAddress(email.trim() === "" ? undefined : email.trim()));
      }}
    >
      <label>
        {w.email}
        <input
          type="email"
          autocomplete="email"
          spellcheck={false}
          placeholder="you@gmail.com"
          aria-describedby="sign-in-hint"
          value={email}
          onInput={({ currentTarget }) => setEmail(currentTarget.value)}
        />
        <span class="hint" id="sign-in-hint">
          {w.hint}
        </span>
      </label>
      <button type="submit" class={isFirst ? "primary big" : ""}>
        {w.signIn}
      </button>
    </form>
  );
}
