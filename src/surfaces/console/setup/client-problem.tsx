import { inBoth } from "../language.ts";
import { CopyText } from "../parts/copy-text.tsx";
import { Notice } from "../parts/failure.tsx";
import { OutLink } from "../parts/out-link.tsx";
import { Sentence } from "../parts/sentence.tsx";
import type { Setup } from "./api.ts";

const words = inBoth({
  en: { redirect: "Redirect URI", clients: "Open “Clients”" },
  fr: { redirect: "URI de redirection", clients: "Ouvrir « Clients »" },
});

/** Where a usable client file does not fit this server: what Google would refuse, and what to register with it. */
export function ClientProblem({ setup: { credentials, google, redirect_uri: redirectUri } }: { setup: Setup }) {
  const w = words();
  const { problem, kind } = credentials;
  if (!problem) return null;
  return (
    <Notice kind={problem.stops_sign_in ? "bad" : "warn"}>
      <p>
        <Sentence text={problem.message} />
      </p>
      <p>
        <Sentence text={problem.next} />
      </p>
      {problem.code === "redirect_uri" && kind === "web" && (
        <p>
          <CopyText what={w.redirect} text={redirectUri} /> <OutLink href={google.clients}>{w.clients}</OutLink>
        </p>
      )}
    </Notice>
  );
}
