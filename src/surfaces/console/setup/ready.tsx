import { useEffect, useRef } from "preact/hooks";

import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { SignInLink } from "../parts/sign-in-link.tsx";
import { to } from "../route.ts";
import type { Setup } from "./api.ts";
import { ClientProblem } from "./client-problem.tsx";
import { UnverifiedNote } from "./unverified.tsx";

const words = inBoth({
  en: {
    ready: "Google knows this program",
    stored: "The client file is in its place.",
    client: "Client",
    type: "Type",
    types: { installed: "Desktop app", web: "Web application" },
    project: "Project",
    file: "File",
    accounts: "See who is signed in",
  },
  fr: {
    ready: "Google connaît ce programme",
    stored: "Le fichier client est à sa place.",
    client: "Client",
    type: "Type",
    types: { installed: "Application de bureau", web: "Application Web" },
    project: "Projet",
    file: "Fichier",
    accounts: "Voir qui est connecté",
  },
});

/** There is a usable client file: which one, and what comes next. `isNew`: it came just now. */
export function Ready({ setup, isNew }: { setup: Setup; isNew: boolean }) {
  const w = words();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isNew) return;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [isNew]);
  const { credentials, accounts, app_name: app } = setup;
  const { kind, client_id: id, project_id: project, path, problem } = credentials;
  return (
    <section class="card">
      <h2 ref={heading} tabIndex={-1}>
        {w.ready}
      </h2>
      {isNew && <Notice kind="good">{w.stored}</Notice>}
      <ClientProblem setup={setup} />
      <dl class="lines">
        <dt>{w.client}</dt>
        <dd>
          <code>{id}</code>
        </dd>
        {kind && (
          <>
            <dt>{w.type}</dt>
            <dd>{w.types[kind]}</dd>
          </>
        )}
        {project !== undefined && (
          <>
            <dt>{w.project}</dt>
            <dd>
              <code>{project}</code>
            </dd>
          </>
        )}
        <dt>{w.file}</dt>
        <dd>
          <code>{path}</code>
        </dd>
      </dl>
      {accounts === 0 ? (
        <>
          <UnverifiedNote app={app} whose="anybody" />
          {!problem?.stops_sign_in && <SignInLink look="primary big" />}
        </>
      ) : (
        <a class="button" href={to({ page: "accounts" })}>
          {w.accounts}
        </a>
      )}
    </section>
  );
}
