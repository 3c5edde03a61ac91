import type { SimulatedGoogle } from "./google.ts";

/** A client of the simulator for its own tests: plain requests, nothing retried, nothing hidden. */
export const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
export const REDIRECT = "http://127.0.0.1:4711/callback";

type Json = Record<string, unknown>;

export function clientOf({ credentials }: SimulatedGoogle) {
  return Object.values(credentials)[0]!;
}

/** The consent screen's answer, not followed. */
export async function visitConsent(google: SimulatedGoogle, parameters: Readonly<Record<string, string>> = {}) {
  const { client_id, auth_uri } = clientOf(google);
  const query = {
    client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: READONLY,
    state: "s/1",
    ...parameters,
  };
  const response = await fetch(`${auth_uri}?${new URLSearchParams(query).toString()}`, { redirect: "manual" });
  const location = response.headers.get("location");
  return {
    status: response.status,
    page: await response.text(),
    callback: location === null ? undefined : new URL(location),
  };
}

/** POST /token; the client's id and secret are filled in, "" leaves one out. */
export async function postToken(google: SimulatedGoogle, parameters: Readonly<Record<string, string>>) {
  const { client_id, client_secret = "", token_uri } = clientOf(google);
  const given = Object.entries({ client_id, client_secret, ...parameters }).filter(([, value]) => value !== "");
  const response = await fetch(token_uri, { method: "POST", body: new URLSearchParams(given) });
  const body: Json = JSON.parse(await response.text());
  return { status: response.status, body };
}

export async function exchange(google: SimulatedGoogle, parameters: Readonly<Record<string, string>> = {}) {
  const { callback } = await visitConsent(google, parameters);
  const code = callback!.searchParams.get("code")!;
  const redirect_uri = parameters["redirect_uri"] ?? REDIRECT;
  return (await postToken(google, { grant_type: "authorization_code", code, redirect_uri })).body;
}

/** Signs in and gives a way to call Gmail as that person. */
export async function signIn(google: SimulatedGoogle, parameters: Readonly<Record<string, string>> = {}) {
  const { access_token } = await exchange(google, parameters);
  return gmailAs(google, String(access_token));
}

export function gmailAs(google: SimulatedGoogle, accessToken: string) {
  return async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${google.url}/gmail/v1/users/me/${path}`, {
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
    });
    const body: GmailAnswer = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body };
  };
}

export type Gmail = ReturnType<typeof gmailAs>;

/** Just enough of Gmail's answers to test them. */
type GmailAnswer = Readonly<{
  error: {
    message: string;
    status?: string;
    errors: { reason: string; domain: string }[];
    details: { metadata: Json }[];
  };
  emailAddress: string;
  messagesTotal: number;
  threadsTotal: number;
  historyId: string;
  messages: GmailMessage[];
  threads: { id: string; snippet: string }[];
  labels: { id: string; name: string }[];
  history: Json[];
  nextPageToken: string;
  resultSizeEstimate: number;
  size: number;
  data: string;
}> &
  GmailMessage;

export type GmailMessage = Readonly<{
  id: string;
  threadId: string;
  labelIds?: string[];
  snippet: string;
  internalDate: string;
  raw?: string;
  payload?: GmailPart;
}>;

export type GmailPart = Readonly<{
  partId: string;
  mimeType: string;
  filename: string;
  headers?: { name: string; value: string }[];
  body: { attachmentId?: string; size: number; data?: string };
  parts?: GmailPart[];
}>;

/** Every page of a listing. */
export async function listAll(gmail: Gmail, path: string): Promise<GmailMessage[]> {
  const all: GmailMessage[] = [];
  for (let token = ""; ;) {
    const { body } = await gmail(
      `${path}${path.includes("?") ? "&" : "?"}pageToken=${token}`.replace(/[?&]pageToken=$/, ""),
    );
    all.push(...(body.messages ?? []));
    if (body.nextPageToken === undefined) return all;
    token = body.nextPageToken;
  }
}

/** A clock that a test moves. */
export function handClock(now = Date.UTC(2026, 10, 1)) {
  const clock = () => now;
  return Object.assign(clock, { advance: (milliseconds: number) => void (now += milliseconds) });
}
