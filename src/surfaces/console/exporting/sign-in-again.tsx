import { inBoth } from "../language.ts";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { useResource } from "../resource.ts";
import { isSignInStopped, readSetup } from "../setup/api.ts";
import { signInAddress } from "../sign-in-address.ts";

const words = inBoth({
  en: { signIn: "Sign in again", tab: "opens in a new tab" },
  fr: { signIn: "Se reconnecter", tab: "s'ouvre dans un nouvel onglet" },
});

/** In a tab of its own: this page then shows how the export goes on. */
export function SignInAgain({ email }: { email: string }) {
  const w = words();
  useResource("setup", readSetup);
  if (isSignInStopped()) return <SignInLink email={email} />;
  return (
    <p>
      <a class="button primary" href={signInAddress(email)} target="_blank" rel="noreferrer">
        {w.signIn}
        <span class="for-readers"> ({w.tab})</span>
      </a>
    </p>
  );
}
