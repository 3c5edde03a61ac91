import { inBoth } from "../language.ts";
import { to } from "../route.ts";

const words = inBoth({
  en: {
    nobody: "Nobody is signed in yet",
    why: "An export reads the mailbox of an account that has signed in with Google. It takes a minute, and your password stays with Google.",
    accounts: "Sign in to an account",
  },
  fr: {
    nobody: "Personne n'est encore connecté",
    why: "Un export lit la boîte d'un compte connecté avec Google. Cela prend une minute, et votre mot de passe reste chez Google.",
    accounts: "Connecter un compte",
  },
});

/** In the place of a form that would have no account to choose. */
export function Nobody() {
  const w = words();
  return (
    <section class="card empty">
      <h2>{w.nobody}</h2>
      <p>{w.why}</p>
      <a class="button primary" href={to({ page: "accounts" })}>
        {w.accounts}
      </a>
    </section>
  );
}
