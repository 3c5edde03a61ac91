import { inBoth } from "../language.ts";
import { signInAddress } from "../sign-in-address.ts";

const words = inBoth({
  en: { signIn: "Sign in with Google", again: "Sign in again" },
  fr: { signIn: "Se connecter avec Google", again: "Se reconnecter" },
});

/** Leaves for Google's page and comes back to the accounts. With `email` it is for that account, anew. */
export function SignInLink({ email, look = "" }: { email?: string; look?: "" | "primary" | "primary big" }) {
  const w = words();
  return (
    <a class={`button ${look}`} href={signInAddress(email)}>
      {email === undefined ? w.signIn : w.again}
    </a>
  );
}
