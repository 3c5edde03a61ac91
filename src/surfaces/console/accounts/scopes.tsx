import { inBoth } from "../language.ts";
import { knownScope, type KnownScope } from "./scope.ts";

const words = inBoth<Record<KnownScope, string>>({
  en: {
    openid: "know the account",
    email: "see the address",
    profile: "see the name and picture",
    "gmail.metadata": "see senders, subjects and labels, but no text of a message",
    "gmail.readonly": "read all mail, and change nothing",
    "gmail.modify": "read mail, change it and send it, but not delete it for good",
    full: "read, send and delete all mail",
  },
  fr: {
    openid: "connaître le compte",
    email: "voir l'adresse",
    profile: "voir le nom et la photo",
    "gmail.metadata": "voir expéditeurs, objets et libellés, mais aucun texte de message",
    "gmail.readonly": "lire tout le courrier, et ne rien changer",
    "gmail.modify": "lire, modifier et envoyer du courrier, sans le supprimer définitivement",
    full: "lire, envoyer et supprimer tout le courrier",
  },
});

/** What a sign-in allows, in words; a scope that has none is shown as it is. */
export function Scopes({ scopes }: { scopes: readonly string[] }) {
  const w = words();
  return (
    <ul class="plain">
      {scopes.map((scope) => {
        const known = knownScope(scope);
        return <li key={scope}>{known ? w[known] : <code>{scope}</code>}</li>;
      })}
    </ul>
  );
}
