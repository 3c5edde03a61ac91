import { inBoth } from "../language.ts";
import { to } from "../route.ts";
import { isSignInStopped } from "../setup/api.ts";
import { signInAddress } from "../sign-in-address.ts";

const words = inBoth({
  en: { signIn: "Sign in with Google", again: "Sign in again", why: "See what keeps people from signing in" },
  fr: { signIn: "Se connecter avec Google", again: "Se reconnecter", why: "Voir ce qui empêche de se connecter" },
});

/**
 * Leaves for Google's page and comes back to the accounts. With `email` it is for that account, anew. Where Google would
 * refuse, it leads to what is to be mended instead.
 */
export function SignInLink({ email, look = "" }: { email?: string; look?: "" | "primary" | "primary big" }) {
  const w = words();
  if (isSignInStopped())
    return (
      <a class="button" href={to({ page: "setup" })}>
        {w.why}
      </a>
    );
  return (
    <a class={`button ${look}`} href={signInAddress(email)}>
      {email === undefined ? w.signIn : w.again}
    </a>
  );
}
