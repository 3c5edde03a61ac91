import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { authError, credentialsMissing, forbidden, insufficientScopes, noSuchUrl, Refusal } from "./errors.ts";
import { refusalOf, type Fault, type FaultSource } from "./faults.ts";
import { select } from "./fields.ts";
import type { Grants } from "./grants.ts";
import { keysOf } from "./keys.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Meter } from "./meter.ts";
import { gmailMethods } from "./methods.ts";
import { pageTokens } from "./page-token.ts";
import { parameters } from "./parameters.ts";
import { priceOf, type Method, type Quota } from "./quota.ts";
import { refused, type Reply, type Spoiling } from "./reply.ts";

type Gmail = Readonly<{
  mailboxes: ReadonlyMap<string, Mailbox>;
  grants: Grants;
  quota: Quota;
  faults: FaultSource;
  meter: Meter;
  latencyMs: number;
}>;

/** The Gmail API below /gmail/v1/users/. Every call is counted; what Google would charge is charged. */
export function gmailApi({ mailboxes, grants, quota, faults, meter, latencyMs }: Gmail) {
  const methods = gmailMethods(pageTokens());

  const route = (path: string): { method: Method; user: string; ids: string[] } | undefined => {
    const [, user = "", rest = ""] = /^\/gmail\/v1\/users\/([^/]+)\/(.+)$/.exec(path) ?? [];
    for (const method of keysOf(methods)) {
      const match = methods[method].path.exec(rest);
      if (match !== null)
        return { method, user: decodeURIComponent(user), ids: match.slice(1).map(decodeURIComponent) };
    }
    return undefined;
  };

  const refusalFor = (fault: Fault, email: string): Refusal | undefined => {
    if (fault.kind === "403quota") return quota.exceeded();
    return fault.kind === "lockout" ? faults.lockout(email) : refusalOf(fault);
  };

  const respond = async (request: IncomingMessage, url: URL): Promise<Reply> => {
    const routed = request.method === "GET" ? route(url.pathname) : undefined;
    if (routed === undefined) throw noSuchUrl(url.pathname);
    const { method, user, ids } = routed;
    meter.called(method);

    const access = grants.access(bearer(request));
    if (access === undefined) throw authError();
    const { email, scopes } = access;
    const leave = quota.enter(email);
    if (leave instanceof Refusal) throw meter.refusing(leave);
    try {
      if (latencyMs > 0) await sleep(latencyMs);
      if (user !== "me" && user.toLowerCase() !== email.toLowerCase())
        throw forbidden(`Delegation denied for ${email}`);

      const locked = faults.lockout(email);
      if (locked !== undefined) throw meter.refusing(locked);
      const messageId = ids[0];
      const fault = faults.strike({
        method,
        email,
        pageToken: url.searchParams.has("pageToken"),
        ...(messageId === undefined ? {} : { messageId }),
      });
      const price = priceOf(method, quota.tier);
      const charge = () => {
        const format = url.searchParams.get("format")?.toLowerCase() ?? "full";
        const factor =
          (method === "messages.get" || method === "threads.get") && format === "full" ? quota.priceFactor : 1;
        const exceeded = quota.charge(email, price * factor);
        if (exceeded !== undefined) throw meter.refusing(exceeded);
        meter.charged(price);
      };
      if (fault !== undefined) {
        const refusal = refusalFor(fault, email);
        if (QUOTA_KINDS.has(fault.kind)) charge();
        if (refusal !== undefined) throw QUOTA_KINDS.has(fault.kind) ? meter.refusing(refusal) : refusal;
      }

      const served = methods[method];
      if (!served.scopes.some((scope) => scopes.has(scope))) throw insufficientScopes(served.scopes);
      const given = parameters(url.searchParams, served.parameters);
      if (fault === undefined) charge();

      const pageFault = fault?.kind === "emptyPage" || fault?.kind === "duplicateIds" ? fault.kind : undefined;
      const answer = served.answer({ mailbox: mailboxes.get(email)!, ids, given, scopes, fault: pageFault });
      const spoiling = spoilingOf(fault);
      if (spoiling === undefined) meter.served(answer.served);
      const fields = url.searchParams.get("fields");
      return {
        status: 200,
        headers: {},
        body: fields === null ? answer.body : select(answer.body, fields),
        ...(spoiling === undefined ? {} : { spoiling }),
      };
    } finally {
      leave();
    }
  };

  return (request: IncomingMessage, url: URL): Promise<Reply> => respond(request, url).catch(refused);
}

/** Faults that stand for a spent quota: like real refusals they are counted, and unlike other faults they cost units. */
const QUOTA_KINDS: ReadonlySet<Fault["kind"]> = new Set(["429", "429hint", "403quota", "lockout"]);

function spoilingOf(fault: Fault | undefined): Spoiling | undefined {
  switch (fault?.kind) {
    case "reset":
    case "cutBody":
    case "truncatedJson":
    case "hang":
      return fault.kind;
    default:
      return undefined;
  }
}

function bearer(request: IncomingMessage): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) throw credentialsMissing();
  return token;
}
