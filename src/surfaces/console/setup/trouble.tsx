import { inBoth } from "../language.ts";
import { CopyText } from "../parts/copy-text.tsx";
import { OutLink } from "../parts/out-link.tsx";
import type { Setup } from "./api.ts";

const words = inBoth({
  en: {
    title: "If Google shows an error when you sign in",
    blocked: "Access blocked, the app is being tested",
    publish: "The app is not published yet:",
    audience: "Open “Audience”",
    register:
      "The client is a Web application that does not know this address. Add it to its redirect URIs, to the letter:",
    redirect: "Redirect URI",
    clients: "Open “Clients”",
    scope: "Add this scope under Data access:",
    scopeName: "Scope",
    dataAccess: "Open “Data access”",
    org: "The app is for members of one Workspace only. Sign in with an address of it, or make the audience External.",
    admin: "The Workspace's administrator must allow the client, in the Admin console under Security, API controls:",
    clientId: "Client ID",
  },
  fr: {
    title: "Si Google affiche une erreur à la connexion",
    blocked: "Accès bloqué, l'application est en cours de test",
    publish: "L'application n'est pas encore publiée :",
    audience: "Ouvrir « Audience »",
    register:
      "Le client est une application Web qui ne connaît pas cette adresse. Ajoutez-la à ses URI de redirection, à la lettre près :",
    redirect: "URI de redirection",
    clients: "Ouvrir « Clients »",
    scope: "Ajoutez ce champ d'application sous « Accès aux données » (Data access) :",
    scopeName: "Champ d'application",
    dataAccess: "Ouvrir « Accès aux données »",
    org: "L'application est réservée aux membres d'un Workspace. Connectez-vous avec une de ses adresses, ou choisissez l'audience « Externe » (External).",
    admin:
      "L'administrateur du Workspace doit autoriser le client, dans la console d'administration, sous « Sécurité », « Commandes des API » (API controls) :",
    clientId: "ID client",
  },
});

/** Google's own error pages, of which gmail-export never hears. */
export function Trouble({ setup: { google, redirect_uri: redirectUri, scopes, credentials } }: { setup: Setup }) {
  const w = words();
  return (
    <details class="card">
      <summary>{w.title}</summary>
      <dl class="trouble">
        <dt>{w.blocked}</dt>
        <dd>
          {w.publish} <OutLink href={google.audience}>{w.audience}</OutLink>
        </dd>
        <dt>
          <code>redirect_uri_mismatch</code>
        </dt>
        <dd>
          {w.register} <CopyText what={w.redirect} text={redirectUri} />{" "}
          <OutLink href={google.clients}>{w.clients}</OutLink>
        </dd>
        <dt>
          <code>invalid_scope</code>
        </dt>
        <dd>
          {w.scope}{" "}
          {scopes.map((scope) => (
            <CopyText key={scope} what={w.scopeName} text={scope} />
          ))}{" "}
          <OutLink href={google.data_access}>{w.dataAccess}</OutLink>
        </dd>
        <dt>
          <code>org_internal</code>
        </dt>
        <dd>{w.org}</dd>
        <dt>
          <code>admin_policy_enforced</code>
        </dt>
        <dd>
          {w.admin} {credentials.client_id !== undefined && <CopyText what={w.clientId} text={credentials.client_id} />}
        </dd>
      </dl>
    </details>
  );
}
