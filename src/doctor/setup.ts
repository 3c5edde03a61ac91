import { attempt } from "./attempt.ts";
import { redirectFinding } from "./checks/client.ts";
import { consolePages, type ConsolePages } from "./checks/console-pages.ts";
import type { Client, Facts, Settings } from "./facts.ts";

/**
 * What stands in the way, in the words of doctor. `code` is that of the failure, or the id of the finding; with
 * `stopsSignIn` Google would refuse it, or send the browser where nobody takes it.
 */
type Trouble = Readonly<{ code: string; message: string; next: string; stopsSignIn: boolean }>;

/** The OAuth client, as far as signing in needs to know it. */
type ClientState =
  | Readonly<{ state: "missing" | "unusable"; problem: Trouble }>
  | Readonly<{ state: "service_account"; problem?: undefined }>
  | Readonly<{ state: "ready"; client: Client; problem?: Trouble }>;

/** What somebody needs who sets this up for the first time. */
export type Setup = Readonly<{
  /** Where the client file is, or belongs. */
  path: string;
  client: ClientState;
  /** The address of the service account that reads a domain, for which nobody signs in; undefined where there is none. */
  serviceAccount: string | undefined;
  redirectUri: string;
  exportDir: string;
  scopes: readonly string[];
  pages: ConsolePages;
}>;

/** Looks at the client file alone, so that it is quick enough to be asked again and again. */
export async function lookAtSetup({
  settings,
  client,
  serviceAccount,
}: Pick<Facts, "settings" | "client"> & Pick<Facts["domain"], "serviceAccount">): Promise<Setup> {
  const found = await attempt(serviceAccount());
  const account = "value" in found ? found.value?.email : undefined;
  const read = await clientState(settings, client);
  // With a service account no client is needed, and where its key lies there is none.
  const state = account !== undefined && read.state !== "ready" ? { state: "service_account" as const } : read;
  return {
    path: settings.credentialsPath,
    client: state,
    serviceAccount: account,
    redirectUri: settings.redirectUri.href,
    exportDir: settings.exportDir,
    scopes: settings.scopes,
    pages: consolePages("client" in state ? state.client.projectId : undefined),
  };
}

async function clientState(settings: Settings, read: Facts["client"]): Promise<ClientState> {
  const found = await attempt(read());
  if ("failure" in found) {
    const { code, message, next } = found.failure;
    return {
      state: code === "credentials_missing" ? "missing" : "unusable",
      problem: { code, message, next, stopsSignIn: true },
    };
  }
  const { id, status, what, why, next } = redirectFinding(settings, found);
  return {
    state: "ready",
    client: found.value,
    ...(status !== "ok" && { problem: { code: id, message: `${what}. ${why}`, next, stopsSignIn: status === "fail" } }),
  };
}
