import { signInAddress } from "../sign-in-address.ts";
import { inBoth } from "../language.ts";

const words = inBoth({
  en: { signIn: "Sign in again", tab: "opens in a new tab" },
  fr: { signIn: "Se reconnecter", tab: "s'ouvre dans un nouvel onglet" },
});

/** In a tab of its own: this page then shows how the export goes on. */
export function SignInAgain({ email }: { email: string }) {
  const w = words();
  return (
    <p>
      <a class="button primary" href={signInAddress(email)} target="_blank" rel="noreferrer">
        {w.signIn}
        <span class="for-readers"> ({w.tab})</span>
      </a>
    </p>
  );
}
