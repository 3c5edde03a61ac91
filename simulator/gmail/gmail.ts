import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import {
  authError,
  credentialsMissing,
  failedPrecondition,
  forbidden,
  insufficientScopes,
  mailServiceNotEnabled,
  noSuchUrl,
  Refusal,
} from "../errors.ts";
import { refusalOf, spoilingOf, type Fault, type FaultSource } from "../faults.ts";
import { keysOf } from "../mail/keys.ts";
import type { Mailbox } from "../mail/mailbox.ts";
import type { Meter } from "../meter.ts";
import type { Access, Grants } from "../oauth/grants.ts";
import { priceOf, type Method, type Quota } from "../quota.ts";
import { refused, type Reply } from "../reply.ts";
import { select } from "./fields.ts";
import type { PageFault } from "./listing.ts";
import { gmailMethods } from "./methods.ts";
import { pageTokens } from "./page-token.ts";
import { parameters } from "./parameters.ts";

type Gmail = Readonly<{
  mailboxes: ReadonlyMap<string, Mailbox>;
  grants: Grants;
  quota: Quota;
  faults: FaultSource;
  meter: Meter;
  latencyMs: number;
}>;

type Call = Readonly<{ method: Method; user: string; ids: readonly string[]; search: URLSearchParams }>;

/** The Gmail API below /gmail/v1/users/. Every call is counted; what Google would charge is charged. */
export function gmailApi({ mailboxes, grants, quota, faults, meter, latencyMs }: Gmail) {
  const methods = gmailMethods(pageTokens());

  const route = ({ pathname, searchParams }: URL): Call | undefined => {
    const [, user = "", rest = ""] = /^\/gmail\/v1\/users\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    for (const method of keysOf(methods)) {
      const match = methods[method].path.exec(rest);
      if (match === null) continue;
      return { method, user: decoded(user), ids: match.slice(1).map(decoded), search: searchParams };
    }
    return undefined;
  };

  const charge = ({ method, search }: Call, email: string): void => {
    const price = priceOf(method, quota.tier);
    const format = search.get("format")?.toLowerCase() ?? "full";
    const surcharged = (method === "messages.get" || method === "threads.get") && format === "full";
    const refusal = quota.charge(email, surcharged ? price * quota.priceFactor : price);
    if (refusal !== undefined) throw meter.refusing(refusal);
    meter.charged(price);
  };

  const refusalFor = (fault: Fault, email: string): Refusal | undefined => {
    if (fault.kind === "403quota") return quota.exceeded();
    return fault.kind === "lockout" ? faults.lockout(email) : refusalOf(fault);
  };

  /** Refuses if something is to go wrong; the fault when it only spoils the answer. */
  const strike = (call: Call, email: string): Fault | undefined => {
    const locked = faults.lockout(email);
    if (locked !== undefined) throw meter.refusing(locked);
    const { method, ids, search } = call;
    const [messageId] = ids;
    const aim = {
      method,
      email,
      pageToken: search.has("pageToken"),
      labelIds: search.getAll("labelIds"),
      ...(messageId === undefined ? {} : { messageId }),
    };
    const fault = faults.strike(aim);
    const refusal = fault && refusalFor(fault, email);
    if (fault === undefined || refusal === undefined) return fault;
    if (!QUOTA_KINDS.has(fault.kind)) throw refusal;
    charge(call, email);
    throw meter.refusing(refusal);
  };

  const answer = (call: Call, { email, scopes }: Access, fault: Fault | undefined): Reply => {
    const served = methods[call.method];
    if (!served.scopes.some((scope) => scopes.has(scope))) throw insufficientScopes(served.scopes);
    const given = parameters(call.search, served.parameters);
    if (fault === undefined) charge(call, email);

    const pageFault = fault && pageFaultOf(fault);
    const mailbox = mailboxes.get(email);
    if (mailbox === undefined)
      throw email.endsWith(".gserviceaccount.com") ? failedPrecondition() : mailServiceNotEnabled();
    const { body: whole, carries } = served.answer({ mailbox, ids: call.ids, given, scopes, fault: pageFault });
    const body = fault === undefined ? whole : withLoss(fault, whole);
    const fields = call.search.get("fields");
    const reply = { status: 200, headers: {}, body: fields === null ? body : select(body, fields) };
    const spoiling = spoilingOf(fault);
    if (spoiling !== undefined) return { ...reply, spoiling };
    meter.served(carries);
    return reply;
  };

  const forbidOthers = ({ user }: Call, { email }: Access): void => {
    if (user !== "me" && user.toLowerCase() !== email.toLowerCase()) throw forbidden(`Delegation denied for ${email}`);
  };

  /** A call that waits is as good as new when the wait is over, whatever else is to go wrong by then. */
  const answerInTime = async (call: Call, access: Access): Promise<Reply> => {
    for (;;) {
      const fault = strike(call, access.email);
      if (fault?.kind !== "wait") return answer(call, access, fault);
      await faults.cleared();
    }
  };

  const respond = async (request: IncomingMessage, url: URL): Promise<Reply> => {
    const call = request.method === "GET" ? route(url) : undefined;
    if (call === undefined) throw noSuchUrl(url.pathname);
    meter.called(call.method);
    const access = grants.access(bearer(request));
    if (access === undefined) throw authError();
    const leave = quota.enter(access.email);
    if (leave instanceof Refusal) throw meter.refusing(leave);
    try {
      if (latencyMs > 0) await sleep(latencyMs);
      forbidOthers(call, access);
      return await answerInTime(call, access);
    } finally {
      leave();
    }
  };

  return (request: IncomingMessage, url: URL): Promise<Reply> => respond(request, url).catch(refused);
}

function pageFaultOf({ kind }: Fault): PageFault {
  switch (kind) {
    case "emptyPage":
    case "emptyListing":
    case "duplicateIds":
    case "emptyLabels":
    case "withoutLabelIds":
    case "reversedPages":
      return kind;
    default:
      return undefined;
  }
}

/** The same answer, but of every text only its size. */
function withLoss({ kind }: Fault, body: Record<string, unknown>): Record<string, unknown> {
  if (kind === "lostRaw") return "raw" in body ? { ...body, raw: "" } : body;
  return kind === "lostText" ? withoutTexts(body) : body;
}

function withoutTexts(body: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body), (_, value) =>
    typeof value?.mimeType === "string" && value.mimeType.startsWith("text/")
      ? { ...value, body: { size: value.body?.size ?? 0 } }
      : value,
  );
}

/** What cannot be decoded is left as it is: no id or address looks like that. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Faults that stand for a spent quota: like real refusals they are counted, and unlike other faults they cost units. */
const QUOTA_KINDS: ReadonlySet<Fault["kind"]> = new Set(["429", "429hint", "403quota", "lockout"]);

function bearer(request: IncomingMessage): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) throw credentialsMissing();
  return token;
}
