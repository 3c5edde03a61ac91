import { createHash } from "node:crypto";

import type { Reply } from "../reply.ts";
import type { Client } from "./client.ts";
import { allowsRedirect } from "./client.ts";
import type { Grants } from "./grants.ts";

/** How the person in front of the next consent screens answers them. Change it at any time. */
export type Consent = {
  decision: "approve" | "deny";
  /** The account picked, whatever the login_hint says. */
  account?: string;
  /** The boxes left ticked; default all. With none left the answer is a denial. */
  scopes?: string[];
};

type Screen = Readonly<{ client: Client; grants: Grants; consent: Consent; accounts: readonly string[] }>;

const SIGN_IN_SCOPES: ReadonlySet<string> = new Set(["openid", "email", "profile"]);

/**
 * GET /o/oauth2/v2/auth: decides at once what a person would decide on Google's pages.
 * A request that Google cannot trust ends on an error page and never redirects. Source: OAuth 2.0 for web server and for desktop apps.
 */
export function consentScreen({ client, grants, consent, accounts }: Screen, query: URLSearchParams): Reply {
  const given = (name: string) => query.get(name) ?? "";
  for (const name of new Set(query.keys()))
    if (query.getAll(name).length > 1)
      return errorPage("invalid_request", `OAuth 2 parameters can only have a single value: ${name}`);

  if (given("client_id") === "") return errorPage("invalid_request", "Missing required parameter: client_id");
  if (given("client_id") !== client.client_id) return errorPage("invalid_client", "The OAuth client was not found.");
  const redirectUri = given("redirect_uri");
  if (redirectUri === "") return errorPage("invalid_request", "Missing required parameter: redirect_uri");
  if (!allowsRedirect(client, redirectUri))
    return errorPage("redirect_uri_mismatch", `The redirect URI in the request does not match: ${redirectUri}`);
  if (given("response_type") === "") return errorPage("invalid_request", "Missing required parameter: response_type");
  if (given("response_type") !== "code")
    return errorPage("invalid_request", `Invalid response_type: ${given("response_type")}`);

  const scopes = given("scope").split(" ").filter(Boolean);
  if (scopes.length === 0) return errorPage("invalid_request", "Missing required parameter: scope");
  const unknown = scopes.filter((scope) => !isScope(scope));
  if (unknown.length > 0)
    return errorPage("invalid_scope", `Some requested scopes were invalid. {invalid=[${unknown.join(", ")}]}`);
  const problem = optionProblem(given);
  if (problem !== undefined) return errorPage("invalid_request", problem);

  const state = query.has("state") ? { state: given("state") } : {};
  const wanted = consent.account ?? (given("login_hint") || accounts[0]!);
  const email = accounts.find((account) => account.toLowerCase() === wanted.toLowerCase());
  if (email === undefined) return errorPage("invalid_request", "Couldn’t find your Google Account");
  if (given("prompt") === "none" && grants.grantedBefore(email) === undefined)
    return redirect(redirectUri, { error: "interaction_required", ...state });
  const ticked = scopes.filter((scope) => consent.scopes === undefined || consent.scopes.includes(scope));
  if (consent.decision === "deny" || ticked.length === 0)
    return redirect(redirectUri, { error: "access_denied", ...state });

  const before = grants.grantedBefore(email);
  const allowed = given("include_granted_scopes") === "true" ? [...new Set([...ticked, ...(before ?? [])])] : ticked;
  const asksAgain = given("prompt").split(" ").includes("consent");
  const offline = given("access_type") === "offline" && (before === undefined || asksAgain);
  const code = grants.issueCode({
    email,
    scopes: allowed,
    redirectUri,
    withRefreshToken: client.type === "installed" || offline,
    ...(query.has("code_challenge")
      ? {
          challenge: {
            method: given("code_challenge_method") === "S256" ? "S256" : "plain",
            value: given("code_challenge"),
          },
        }
      : {}),
  });
  const prompt = asksAgain || before === undefined ? "consent" : "none";
  return redirect(redirectUri, { ...state, code, scope: allowed.join(" "), authuser: "0", prompt });
}

/** RFC 7636 §4.6. */
export function provesChallenge(
  { method, value }: Readonly<{ method: "S256" | "plain"; value: string }>,
  verifier: string,
): boolean {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false;
  return (method === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url")) === value;
}

const isScope = (scope: string) =>
  SIGN_IN_SCOPES.has(scope) ||
  scope === "https://mail.google.com/" ||
  /^https:\/\/www\.googleapis\.com\/auth\/(gmail\.(readonly|metadata|modify|compose|insert|send|labels|settings\.(basic|sharing))|userinfo\.(email|profile)|drive\.file)$/.test(
    scope,
  );

function optionProblem(given: (name: string) => string): string | undefined {
  const invalid = (name: string) => `Invalid parameter value for ${name}: '${given(name)}'`;
  if (!["", "online", "offline"].includes(given("access_type"))) return invalid("access_type");
  const prompts = given("prompt").split(" ").filter(Boolean);
  if (prompts.some((prompt) => !["none", "consent", "select_account"].includes(prompt))) return invalid("prompt");
  if (prompts.includes("none") && prompts.length > 1) return invalid("prompt");
  if (!["", "plain", "S256"].includes(given("code_challenge_method"))) return invalid("code_challenge_method");
  if (given("code_challenge_method") !== "" && given("code_challenge") === "")
    return "Missing required parameter: code_challenge";
  if (given("code_challenge") !== "" && !/^[A-Za-z0-9\-._~]{43,128}$/.test(given("code_challenge")))
    return invalid("code_challenge");
  return undefined;
}

function redirect(to: string, parameters: Readonly<Record<string, string>>): Reply {
  const url = new URL(to);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href }, body: "<HTML><BODY>Moved Temporarily</BODY></HTML>\n" };
}

function errorPage(error: string, explanation: string): Reply {
  const text = explanation.replaceAll(/[&<>"']/g, "");
  const body = `<!DOCTYPE html>\n<html lang="en"><head><title>Error 400: ${error}</title></head>\n<body><h1>Access blocked: Authorization Error</h1>\n<p>${text}</p>\n<p>Error 400: ${error}</p></body></html>\n`;
  return { status: 400, headers: {}, body };
}
