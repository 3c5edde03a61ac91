import { createHash, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rmdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { systemClock } from "../clock.ts";
import { ExportError, type Failure } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Lock } from "../core/ports/lock.ts";
import type { Secret } from "../core/secret.ts";
import type { KeyHolder } from "../state/grants/keys.ts";
import { readCredentials, type ClientCredentials } from "./credentials.ts";

/** Parts for this folder's tests. Every secret that the server knows or gives contains this word. */
export const MARK = "TOPSECRET";

/** A clock that never waits: to sleep is to be later. */
export function jumpingClock(): Clock & { sleeps: number[]; advance(ms: number): void } {
  let now = Date.UTC(2026, 9, 1);
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    advance: (ms) => void (now += ms),
    async sleep(delayMs, signal) {
      signal?.throwIfAborted();
      sleeps.push(delayMs);
      now += Math.max(0, delayMs);
    },
  };
}

/** A lock among instances and processes: making a folder succeeds once. Not given back by a process that dies. */
export const folderLock: Lock = async (path, waitMs, signal) => {
  for (let waited = 0; waited <= waitMs; waited += 2) {
    const made = await mkdir(path).then(
      () => true,
      () => false,
    );
    if (made) return { [Symbol.asyncDispose]: () => rmdir(path) };
    await systemClock.sleep(2, signal);
  }
  return undefined;
};

/** One key, and none before it. */
export function always(current: KeyObject): KeyHolder["keys"] {
  return async () => ({ current, former: undefined });
}

export async function tempFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "oauth-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The failure that `doing` ends in; nothing of the error, however deep one looks, may hold a secret. */
export async function failureOfDoing(doing: Promise<unknown>): Promise<Failure> {
  const error: unknown = await doing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ExportError)) throw new Error(`expected an ExportError, got ${inspect(error)}`);
  if (inspect(error, { depth: null, showHidden: true }).includes(MARK)) throw new Error("a secret is in the error");
  return error.failure;
}

/** A text field of an answer. */
export function field(answer: unknown, name: string): string {
  return String(new Map(Object.entries(answer ?? {})).get(name));
}

type Reply = Readonly<{ status: number; body: unknown; html?: true; location?: string }> | "drop";
export type Consent = Readonly<{ account: string; granted?: readonly string[]; refreshToken?: false }>;

export type TestGoogle = AsyncDisposable &
  Readonly<{
    /** Written by a person's browser: opens the sign-in page, consents, comes back with a code. */
    consent(url: string, consent: Consent): string;
    /** What the token endpoint was asked, oldest first, and the tokens that were revoked. */
    asked: readonly URLSearchParams[];
    revoked: readonly string[];
    /** The client file, as Google's console would give it. */
    credentials(changes?: Readonly<Record<string, unknown>>): Promise<ClientCredentials>;
    /** Gmail's users.getProfile. */
    whoami(accessToken: Secret): Promise<string>;
    /** Answers in place of the usual ones, until there are none left. */
    replies: Reply[];
  }> & {
    /** Whether a refresh ends the refresh token that was sent and gives another. */
    rotates: boolean;
    /** How long access tokens live. */
    tokenSeconds: number;
  };

const refuse = (error: string, status = 400): Reply => ({ status, body: { error, error_description: "Bad." } });

/** A token endpoint that keeps the rules of RFC 6749 and 7636 for one client. */
export async function testGoogle(): Promise<TestGoogle> {
  const folder = await tempFolder();
  const codes = new Map<string, Consent & { url: URL }>();
  const refreshTokens = new Map<string, Consent>();
  const accessTokens = new Map<string, string>();
  const asked: URLSearchParams[] = [];
  const revoked: string[] = [];
  const replies: Reply[] = [];
  const state = { rotates: false, tokenSeconds: 3_599 };
  let serial = 0;
  const fresh = (what: string): string => `${MARK}-${what}-${(serial += 1)}`;

  const give = (consent: Consent, scope: string, refreshToken: boolean): Reply => {
    const access_token = fresh("access");
    accessTokens.set(access_token, consent.account);
    const body: Record<string, unknown> = { access_token, expires_in: state.tokenSeconds, scope, token_type: "Bearer" };
    if (refreshToken) {
      body["refresh_token"] = fresh("refresh");
      refreshTokens.set(String(body["refresh_token"]), consent);
    }
    return { status: 200, body };
  };

  const token = (form: URLSearchParams): Reply => {
    if (form.get("client_id") !== "client-1" || form.get("client_secret") !== `${MARK}-client`)
      return refuse("invalid_client", 401);
    if (form.get("grant_type") === "refresh_token") {
      const sent = form.get("refresh_token") ?? "";
      const consent = refreshTokens.get(sent);
      if (consent === undefined) return refuse("invalid_grant");
      if (state.rotates) refreshTokens.delete(sent);
      return give(consent, (consent.granted ?? []).join(" "), state.rotates);
    }
    const code = form.get("code") ?? "";
    const consent = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const wanted = consent?.url.searchParams;
    if (wanted?.get("code_challenge") !== challenge || wanted.get("redirect_uri") !== form.get("redirect_uri"))
      return refuse("invalid_grant");
    const granted = consent!.granted ?? wanted.get("scope")!.split(" ");
    return give({ ...consent!, granted }, granted.toReversed().join(" "), consent!.refreshToken !== false);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === "/profile") {
      const account = accessTokens.get(request.headers.authorization?.slice("Bearer ".length) ?? "");
      response.writeHead(account === undefined ? 401 : 200).end(JSON.stringify({ emailAddress: account }));
      return;
    }
    const form = new URLSearchParams((await request.toArray()).join(""));
    let reply: Reply;
    if (request.url === "/revoke") {
      reply = replies.shift() ?? { status: 200, body: {} };
      revoked.push(form.get("token") ?? "");
    } else {
      asked.push(form);
      reply = replies.shift() ?? (request.url === "/token" ? token(form) : { status: 404, body: {} });
    }
    if (reply === "drop") {
      response.destroy();
      return;
    }
    if (reply.location !== undefined) response.setHeader("location", reply.location);
    response.writeHead(reply.status, { "content-type": reply.html ? "text/html" : "application/json" });
    response.end(reply.html ? String(reply.body) : JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void handle(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  const origin = `http://127.0.0.1:${address.port}`;

  return Object.assign(state, {
    asked,
    revoked,
    replies,
    consent(url: string, consent: Consent) {
      const code = fresh("code");
      codes.set(code, { ...consent, url: new URL(url) });
      return code;
    },
    async credentials(changes = {}) {
      const path = join(folder.path, "credentials.json");
      const client = {
        client_id: "client-1",
        client_secret: `${MARK}-client`,
        auth_uri: `${origin}/auth`,
        token_uri: `${origin}/token`,
      };
      await writeFile(path, JSON.stringify({ installed: { ...client, ...changes } }), { mode: 0o600 });
      return readCredentials(path);
    },
    async whoami(accessToken: Secret) {
      const response = await fetch(`${origin}/profile`, {
        headers: { authorization: `Bearer ${accessToken.reveal()}` },
      });
      return field(await response.json(), "emailAddress");
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  });
}
