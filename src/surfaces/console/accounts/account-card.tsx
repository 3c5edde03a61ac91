import { useAction } from "../action.ts";
import { date } from "../format.ts";
import { inBoth } from "../language.ts";
import { Address } from "../parts/address.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Failure, Notice } from "../parts/failure.tsx";
import { OutLink } from "../parts/out-link.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { signOut, type Account } from "./api.ts";
import { Scopes } from "./scopes.tsx";

const words = inBoth({
  en: {
    in: "Signed in",
    over: "Sign-in has ended",
    since: "Since",
    allows: "Can",
    lasts: "Lasts",
    refresh: "until you sign out, or take it back at Google",
    noRefresh: "for an hour only, as Google gave no refresh token: sign in again",
    ended: "Sign in again: exports that wait for it then go on by themselves.",
    ending: "Is your Google Cloud project in Testing? Then publish the app, and sign in once more: that one lasts.",
    publish: "Open the Audience page",
    signOut: "Sign out",
    question: (email: string) => `Sign out ${email}?`,
    revokes:
      "Google is told to end the access, and the sign-in kept here is deleted. Exports that are not done will wait.",
    stay: "The files exported so far stay where they are.",
  },
  fr: {
    in: "Connecté",
    over: "Connexion terminée",
    since: "Depuis",
    allows: "Peut",
    lasts: "Dure",
    refresh: "jusqu'à ce que vous vous déconnectiez, ou retiriez l'accès chez Google",
    noRefresh: "une heure seulement, car Google n'a pas donné de jeton de renouvellement : reconnectez-vous",
    ended: "Reconnectez-vous : les exports qui attendent cette connexion reprendront d'eux-mêmes.",
    ending:
      "Votre projet Google Cloud est-il en mode test ? Alors publiez l'application, puis reconnectez-vous une fois : cette connexion durera.",
    publish: "Ouvrir la page Audience",
    signOut: "Se déconnecter",
    question: (email: string) => `Déconnecter ${email} ?`,
    revokes:
      "Google est prié de mettre fin à l'accès, et la connexion gardée ici est effacée. Les exports inachevés attendront.",
    stay: "Les fichiers déjà exportés restent où ils sont.",
  },
});

type Properties = { account: Account; publishPage: string | undefined; reload: () => void };

export function AccountCard({ account, publishPage, reload }: Properties) {
  const w = words();
  const { email, authenticated, granted_at: since, scopes, can_refresh: lasts, warning } = account;
  const leave = useAction(async () => {
    await signOut(email);
    reload();
  });
  return (
    <article class="card">
      <div class="card-head">
        <h2>
          <Address of={email} />
        </h2>
        <span class={`badge ${authenticated ? "good" : "bad"}`}>{authenticated ? w.in : w.over}</span>
      </div>
      <dl class="lines">
        {since !== null && (
          <>
            <dt>{w.since}</dt>
            <dd>{date(since)}</dd>
          </>
        )}
        <dt>{w.allows}</dt>
        <dd>
          <Scopes scopes={scopes} />
        </dd>
        {authenticated && (
          <>
            <dt>{w.lasts}</dt>
            <dd>{lasts ? w.refresh : w.noRefresh}</dd>
          </>
        )}
      </dl>
      {warning !== undefined && (
        <Notice kind={authenticated ? "warn" : "bad"}>
          <p>
            <strong>{authenticated ? w.ending : w.ended}</strong>
          </p>
          <p class="small">
            <Sentence text={warning} />
          </p>
          {authenticated && publishPage !== undefined && (
            <p>
              <OutLink href={publishPage}>{w.publish}</OutLink>
            </p>
          )}
        </Notice>
      )}
      <Failure error={leave.error} />
      <div class="actions">
        <SignInLink email={email} look={authenticated ? "" : "primary"} />
        <ConfirmButton
          label={w.signOut}
          question={w.question(email)}
          yes={w.signOut}
          busy={leave.busy}
          onConfirm={leave.run}
        >
          <p>{w.revokes}</p>
          <p>{w.stay}</p>
        </ConfirmButton>
      </div>
    </article>
  );
}
