import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { to } from "../route.ts";
import type { Setup } from "./api.ts";

const words = inBoth({
  en: {
    reads: "A service account reads the mailboxes of your domain, so nobody has to sign in:",
    choose: "Choose accounts of the domain",
    how: "Or by gmail-export domain export, gmail-export export <address>, and over HTTP.",
  },
  fr: {
    reads: "Un compte de service lit les boîtes de votre domaine ; personne n'a à se connecter :",
    choose: "Choisir des comptes du domaine",
    how: "Ou par gmail-export domain export, gmail-export export <adresse>, et par HTTP.",
  },
});

/** Where mail is read by a service account: which one, and that no sign-in is needed. Nothing where there is none. */
export function ServiceAccountNote({ setup: { service_account: address } }: { setup: Setup }) {
  const w = words();
  if (address === undefined) return null;
  return (
    <Notice kind="good">
      <p>
        {w.reads} <code>{address}</code>
      </p>
      <p>
        <a class="button" href={to({ page: "domain" })}>
          {w.choose}
        </a>
      </p>
      <p class="small">{w.how}</p>
    </Notice>
  );
}
