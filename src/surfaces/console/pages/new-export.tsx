import { listAccounts } from "../accounts/api.ts";
import { inBoth } from "../language.ts";
import { NewExportForm } from "../new-export/new-export-form.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { readSetup } from "../setup/api.ts";

const words = inBoth({
  en: {
    title: "New export",
    nobody: "Nobody is signed in yet",
    why: "An export reads the mailbox of an account that has signed in with Google. It takes a minute, and your password stays with Google.",
    accounts: "Sign in to an account",
  },
  fr: {
    title: "Nouvel export",
    nobody: "Personne n'est encore connecté",
    why: "Un export lit la boîte d'un compte connecté avec Google. Cela prend une minute, et votre mot de passe reste chez Google.",
    accounts: "Connecter un compte",
  },
});

export function NewExportPage() {
  const w = words();
  const start = useResource("start", async (signal) => {
    const [accounts, { export_dir: exportDir }] = await Promise.all([listAccounts(signal), readSetup(signal)]);
    return { accounts, exportDir };
  });
  return (
    <Page title={w.title}>
      <Loaded from={start}>
        {({ accounts, exportDir }) =>
          accounts.length === 0 ? (
            <section class="card empty">
              <h2>{w.nobody}</h2>
              <p>{w.why}</p>
              <a class="button primary" href={to({ page: "accounts" })}>
                {w.accounts}
              </a>
            </section>
          ) : (
            <NewExportForm accounts={accounts} exportDir={exportDir} />
          )
        }
      </Loaded>
    </Page>
  );
}
