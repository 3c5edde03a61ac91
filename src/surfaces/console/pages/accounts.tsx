import { AccountCard } from "../accounts/account-card.tsx";
import { listAccounts } from "../accounts/api.ts";
import { SessionEnd } from "../accounts/session-end.tsx";
import { SignInForm } from "../accounts/sign-in-form.tsx";
import { inBoth } from "../language.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { readSetup } from "../setup/api.ts";

const words = inBoth({
  en: {
    title: "Accounts",
    nobody: "Nobody is signed in yet.",
    first: "Sign in to the mailbox whose mail you want to export. Your password stays with Google.",
    another: "Sign in to another mailbox",
    export: "Start an export",
  },
  fr: {
    title: "Comptes",
    nobody: "Personne n'est encore connecté.",
    first: "Connectez-vous à la boîte dont vous voulez exporter le courrier. Votre mot de passe reste chez Google.",
    another: "Se connecter à une autre boîte",
    export: "Lancer un export",
  },
});

/** Who is signed in, and how to change that. A sign-in that began in the console ends here. */
export function AccountsPage() {
  const w = words();
  const accounts = useResource("accounts", listAccounts);
  const setup = useResource("setup", readSetup);
  const mayExport = accounts.value?.some(({ authenticated }) => authenticated);
  return (
    <Page
      title={w.title}
      actions={
        mayExport && (
          <a class="button primary" href={to({ page: "new" })}>
            {w.export}
          </a>
        )
      }
    >
      <Loaded from={accounts}>
        {(all) => (
          <>
            {all.length === 0 ? (
              <p class="lead">
                {w.nobody} {w.first}
              </p>
            ) : (
              <ul class="plain">
                {all.map((account) => (
                  <li key={account.email}>
                    <AccountCard
                      account={account}
                      publishPage={setup.value?.google.audience}
                      reload={accounts.reload}
                    />
                  </li>
                ))}
              </ul>
            )}
            <section class="card">
              {all.length > 0 && <h2>{w.another}</h2>}
              <SignInForm setup={setup.value} isFirst={all.length === 0} />
            </section>
          </>
        )}
      </Loaded>
      <SessionEnd />
    </Page>
  );
}
