import type { Outcome } from "../attempt.ts";
import type { Client, Settings } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding } from "../finding.ts";
import { consolePages } from "./console-pages.ts";
import { privacyFinding } from "./disk.ts";
import { unusable } from "./machine.ts";

/** `client` undefined where nobody signs in, and so none is needed. */
export function clientFindings(
  settings: Settings,
  client: Outcome<Client> | undefined,
  permissions: number | undefined,
): Finding[] {
  const privacy = permissions === undefined ? [] : [privateFinding(settings, permissions, client !== undefined)];
  if (client === undefined) return privacy;
  return [
    credentialsFinding(settings, client),
    ...privacy,
    unusable("redirect_uri", "The redirect URI", settings, "OAUTH_REDIRECT_URI", "PORT") ??
      redirectFinding(settings, client),
  ];
}

function credentialsFinding({ credentialsPath }: Settings, client: Outcome<Client>): Finding {
  if ("failure" in client)
    return fail(
      "credentials",
      client.failure.message,
      "Without an OAuth client nobody can sign in, and no access token can be renewed.",
      client.failure.next,
    );
  const type = client.value.kind === "installed" ? "Desktop app" : "Web application";
  return ok("credentials", `${credentialsPath} holds an OAuth client of the type ${type}`);
}

function privateFinding({ credentialsPath }: Settings, permissions: number, isClient: boolean): Finding {
  const why = isClient
    ? "With the client's secret others can pass for your app."
    : "With the service account's key others can read every mailbox of the domain.";
  const open = privacyFinding("credentials_private", credentialsPath, permissions, why);
  return open ?? ok("credentials_private", `${credentialsPath} is for this user alone`);
}

/** Whether Google will let the browser come back, as far as the client file tells. */
export function redirectFinding({ redirectUri, port, host }: Settings, found: Outcome<Client>): Finding {
  const here = redirectUri.href;
  if ("failure" in found)
    return skipped(
      "redirect_uri",
      "The redirect URI was not looked at",
      "It depends on the type of the client.",
      "Mend the client file first.",
    );
  const client = found.value;
  const { clients } = consolePages(client.projectId);
  if (client.kind === "installed" && !isLoopback(redirectUri))
    return fail(
      "redirect_uri",
      `A Desktop app client cannot come back to ${here}`,
      "Google lets clients of this type come back to the machine of the browser only, and refuses the sign-in.",
      "Leave OAUTH_REDIRECT_URI out; or create a client of the type Web application, register this address with it " +
        `(${clients}), and replace the client file by its JSON.`,
    );
  if (client.kind === "web" && !client.redirectUris.includes(here)) {
    const registered = client.redirectUris.length === 0 ? "none" : client.redirectUris.join(", ");
    return fail(
      "redirect_uri",
      `The client file does not list ${here}; it lists ${registered}`,
      "Google refuses the sign-in with redirect_uri_mismatch unless this very text is registered.",
      `In the Google Cloud console open Google Auth Platform → Clients → the client → Authorized redirect URIs ` +
        `(${clients}) and add ${here}; then write it into redirect_uris of the client file too. A new download would lack ` +
        "the secret, which Google shows once.",
    );
  }
  // Behind a proxy the addresses differ, and rightly so.
  if (isLoopback(redirectUri) && Number(redirectUri.port || 80) !== port)
    return warn(
      "redirect_uri",
      `Google sends the browser back to ${here}, and the server listens on port ${port} of ${host}`,
      "Unless something leads from there to here, a sign-in through the server ends nowhere.",
      `Give PORT and OAUTH_REDIRECT_URI the same port, or leave OAUTH_REDIRECT_URI out.`,
    );
  return ok(
    "redirect_uri",
    client.kind === "web"
      ? `${here} is registered with the client`
      : "A Desktop app client needs no registered address",
  );
}

/** `hostname` as the URL parser leaves it. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}
