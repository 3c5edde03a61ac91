import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { bareCause, codeOf } from "../core/bare-cause.ts";
import { refuse, type ExportError } from "../core/errors.ts";
import { isLoopback } from "../core/network/loopback.ts";
import { Secret } from "../core/secret.ts";
import { decodeTextFile, IS_UTF_16, UTF_16 } from "../core/text-file.ts";

/** An OAuth client as Google's console hands it out (gmail-api.md §1.7), checked. */
export type ClientCredentials = Readonly<{
  kind: "installed" | "web";
  clientId: string;
  /** Desktop clients may come without one: Google shows a secret once. */
  clientSecret: Secret | undefined;
  authUri: string;
  tokenUri: string;
  /** RFC 7009. The file does not name it: Google documents one, and a server on this machine has `/revoke` beside its token endpoint. */
  revokeUri: string;
  /** What the file lists: for `installed` a placeholder, for `web` what was registered when it was downloaded. */
  redirectUris: readonly string[];
  projectId?: string;
}>;

export type Fields = Readonly<Record<string, unknown>>;

/**
 * Who may be sent codes, secrets and tokens. A client file that names another server would have it read the mail of
 * whoever signs in. Source: the files that Google's console gives out, and https://accounts.google.com/.well-known/openid-configuration.
 */
const GOOGLE: ReadonlySet<string> = new Set(["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"]);

/** Older client files name token endpoints on hosts where nothing can be revoked. */
const GOOGLE_REVOKES = "https://oauth2.googleapis.com/revoke";

/**
 * Reads a client file. Read at each use, not once: a server starts without one and finds it when somebody signs in.
 * Throws `credentials_missing` or `credentials_invalid`, listing all that is wrong; no value of the file is repeated.
 */
export async function readCredentials(path: string): Promise<ClientCredentials> {
  const file = resolve(path);
  const parsed = parseClientFile(await readClientFileText(file));
  if ("fault" in parsed) {
    throw refuse("credentials_invalid", `The client file ${file} ${parsed.fault}.`, parsed.next ?? download(file));
  }
  return parsed;
}

/** The text of the client file, whatever it holds. Throws `credentials_missing` or `credentials_invalid`. */
export async function readClientFileText(path: string): Promise<string> {
  const file = resolve(path);
  return readFile(file)
    .then(decodeTextFile)
    .catch((error: unknown) => {
      throw unreadable(file, error);
    });
}

/** Why a text is no client: the end of a sentence that begins with the file's name, quoting none of its values; and what to do, where that is special. */
export type Fault = Readonly<{ fault: string; next?: string }>;

/** The client in the text of a client file. */
export function parseClientFile(fileText: string): ClientCredentials | Fault {
  const text = fileText.replace(/^\uFEFF/, "").trim();
  if (text === "") return { fault: "is empty" };
  if (/^"?AIza[\w-]+"?$/.test(text)) return { fault: "holds an API key; reading mail needs an OAuth client" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: "is not JSON" }; // the parser's own words quote the file, secret included
  }
  if (!isFields(json)) return { fault: "does not hold a JSON object" };

  const other = otherKeyIn(json);
  if (other !== undefined)
    return {
      fault: `holds ${other}; signing people in needs an OAuth client`,
      ...(other === SERVICE_ACCOUNT_KEY && { next: NOBODY_SIGNS_IN }),
    };
  if ("installed" in json && "web" in json) {
    return {
      fault: 'has both "installed" and "web"',
      next: 'Keep one of the two: "installed" for a Desktop app client, "web" for a Web application client.',
    };
  }
  const kind = "web" in json ? "web" : "installed";
  const client = json[kind];
  if (client === undefined) return { fault: 'has neither "installed" nor "web" at its top' };
  if (!isFields(client)) return { fault: `has a "${kind}" that is not an object` };
  return parseClient(kind, client);
}

function parseClient(kind: ClientCredentials["kind"], client: Fields): ClientCredentials | Fault {
  const faults: string[] = [];
  const clientId = readText(client, "client_id", faults);
  const clientSecret = client["client_secret"] === undefined ? undefined : readText(client, "client_secret", faults);
  const authUri = readEndpoint(client, "auth_uri", faults);
  const tokenUri = readEndpoint(client, "token_uri", faults);
  const redirectUris = client["redirect_uris"] ?? [];
  const listed = Array.isArray(redirectUris) && redirectUris.every((uri) => typeof uri === "string");
  if (!listed) faults.push("redirect_uris is not a list of texts");
  if (faults.length > 0) return { fault: `cannot be used: ${faults.join("; ")}` };

  const projectId = client["project_id"];
  return {
    kind,
    clientId,
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
    authUri,
    tokenUri,
    revokeUri: isLoopback(new URL(tokenUri).hostname) ? new URL("/revoke", tokenUri).href : GOOGLE_REVOKES,
    redirectUris: listed ? redirectUris : [],
    ...(typeof projectId === "string" && { projectId }),
  };
}

const SERVICE_ACCOUNT_KEY = "a service account's key";

const NOBODY_SIGNS_IN =
  "Nobody needs to sign in where a service account reads a whole domain: export any of its addresses. To sign people in, " +
  "name an OAuth client's file in GOOGLE_CREDENTIALS_PATH.";

/** Names the other JSON files Google hands out, which people take for this one. */
function otherKeyIn(json: Fields): string | undefined {
  if (json["type"] === "service_account") return SERVICE_ACCOUNT_KEY;
  if (json["type"] === "authorized_user") return "a person's gcloud sign-in (application default credentials)";
  if ("refresh_token" in json || "access_token" in json) return "somebody's tokens";
  if (["key", "apiKey", "api_key"].some((name) => typeof json[name] === "string")) return "an API key";
  return undefined;
}

export function readText(client: Fields, name: string, faults: string[]): string {
  const value = client[name];
  if (typeof value === "string" && value !== "") return value;
  faults.push(value === undefined ? `${name} is missing` : `${name} is not a text`);
  return "";
}

export function readEndpoint(client: Fields, name: string, faults: string[]): string {
  const value = readText(client, name, faults);
  if (value === "") return "";
  const url = URL.parse(value);
  if (url === null) faults.push(`${name} is not a URL`);
  else if (!isLoopback(url.hostname) && !(url.protocol === "https:" && GOOGLE.has(url.host)))
    faults.push(`${name} is neither Google's (https, ${[...GOOGLE].join(", ")}) nor this machine's`);
  else if (!["https:", "http:"].includes(url.protocol)) faults.push(`${name} is not a web address`);
  else if (url.username !== "" || url.password !== "") faults.push(`${name} holds a user name or a password`);
  else if (url.search !== "" || url.hash !== "") faults.push(`${name} holds a query or a fragment`);
  return url?.href ?? "";
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unreadable(file: string, error: unknown): ExportError {
  const cause = bareCause(error);
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR")
    return refuse("credentials_missing", `There is no client file at ${file}.`, download(file), { cause });
  if (code === UTF_16) return refuse("credentials_invalid", `The client file ${file} ${IS_UTF_16}.`, download(file));
  const [what, next] =
    code === "EISDIR"
      ? ["is a directory", `Put the client file itself there, or name it in GOOGLE_CREDENTIALS_PATH.`]
      : [`cannot be read (${code})`, `Let the user that runs gmail-export read it: chmod 600 ${file}, and chown.`];
  return refuse("credentials_invalid", `The client file ${file} ${what}.`, next, { cause });
}

function download(file: string): string {
  return (
    "In the Google Cloud console open Google Auth Platform → Clients, create a client of the type Desktop app, " +
    `choose Download JSON and save it as ${file} (or name another place in GOOGLE_CREDENTIALS_PATH).`
  );
}
