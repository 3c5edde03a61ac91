import {
  apiDisabled,
  authError,
  badGateway,
  bandwidthExceeded,
  dailyLimitExceeded,
  domainPolicy,
  failedPrecondition,
  forbidden,
  internalError,
  invalidArgument,
  lockedOut,
  notFound,
  tooManyConcurrent,
  unavailable,
  type Refusal,
} from "./errors.ts";
import { random } from "./mail/random.ts";
import type { Spoiling } from "./reply.ts";

/** What can go wrong at Google or on the way, on purpose. */
export type Fault = Readonly<{
  kind: FaultKind;
  /** Probability per matching call; default 1. */
  rate?: number;
  /** Such as "messages.get" or "threads.list"; default any the kind applies to. */
  method?: string;
  /** Only calls for this message, or this conversation. */
  messageId?: string;
  /** Only listings by this label. */
  labelId?: string;
  /** Fires at most so often; default without end. */
  times?: number;
  /** Matching calls that pass before it begins. */
  afterCalls?: number;
  /** For `429hint` (default 2) and `lockout` (default 900). */
  seconds?: number;
}>;

type FaultKind = keyof typeof APPLIES;

const list = ({ method }: Call) => method.endsWith(".list") && method !== "labels.list";
const laterPage = (call: Call) => list(call) && call.pageToken;
const mail = ({ method }: Call) => method === "messages.get" || method === "threads.get";
const directory = ({ method }: Call) => method === "users.list" || method === "members.list";
const api = ({ method }: Call) => method !== "token";

/** Which calls each kind can strike. */
const APPLIES = {
  "500": api,
  "502html": api,
  "503": api,
  "429": api,
  /** 429 with a Retry-After header. */
  "429hint": api,
  "403quota": api,
  /** 429 since the day's bytes are spent. */
  bandwidth: (call: Call) => mail(call) || call.method === "messages.attachments.get",
  /** The long one: every call of the account is refused until the time named, which moves while they keep coming. */
  lockout: api,
  /** The connection is reset before an answer. */
  reset: api,
  /** The connection ends within the body. */
  cutBody: api,
  /** A complete 200 whose JSON is not. */
  truncatedJson: api,
  /** A page without entries, but with a token. */
  emptyPage: list,
  /** A listing of messages says that there are none. */
  emptyListing: ({ method, pageToken }: Call) => method === "messages.list" && !pageToken,
  /** A page begins with entries of the page before. */
  duplicateIds: laterPage,
  /** A history begins with its last page, and goes on backwards. */
  reversedPages: (call: Call) => call.method === "history.list" && !call.pageToken,
  /** A history does not tell the labels of messages. */
  withoutLabelIds: ({ method }: Call) => method === "history.list",
  /** There are no labels, not even Gmail's own. */
  emptyLabels: ({ method }: Call) => method === "labels.list",
  /** A label that labels.list names is none where it is listed by. */
  invalidLabel: ({ labelIds = [] }: Call) => labelIds.length > 0,
  /** A good page token is refused. */
  badPageToken: laterPage,
  /** No answer ever comes. */
  hang: api,
  /** Mail is given out once the faults have been cleared: until then whoever reads it stands still in the middle. */
  wait: mail,
  "401": api,
  /** The token endpoint answers 503. */
  tokenDown: ({ method }: Call) => method === "token",
  dailyLimit: api,
  apiDisabled: api,
  domainPolicy: api,
  /** 404 of a message that is there, as new mail is for some seconds; or of a list of the domain's directory. */
  notFound: (call: Call) => mail(call) || directory(call),
  failedPrecondition: api,
  /** 403 without a reason. */
  forbidden: api,
  /** Texts come with their size alone. */
  lostText: mail,
  /** The bytes of a message that has some come empty. */
  lostRaw: mail,
} as const;

type Call = Readonly<{
  method: string;
  email: string;
  messageId?: string;
  pageToken: boolean;
  labelIds?: readonly string[];
}>;

export type Faults = Readonly<{
  /** Faults are tried in the order they were added; the first that fires wins. */
  add(...faults: readonly Fault[]): void;
  clear(): void;
}>;

export type FaultSource = Faults &
  Readonly<{
    strike(call: Call): Fault | undefined;
    lockout(email: string): Refusal | undefined;
    /** Resolves when they are cleared the next time. */
    cleared(): Promise<void>;
  }>;

const LOCKOUT_SECONDS = 900;

export function openFaults(seed: number, clock: () => number): FaultSource {
  const draw = random(seed, "faults");
  const lockouts = new Map<string, { until: number; milliseconds: number }>();
  let live: { fault: Fault; seen: number; fired: number }[] = [];
  let end = Promise.withResolvers<void>();

  return {
    add: (...faults) => void live.push(...faults.map((fault) => ({ fault, seen: 0, fired: 0 }))),
    clear: () => {
      live = [];
      lockouts.clear();
      end.resolve();
      end = Promise.withResolvers<void>();
    },
    cleared: () => end.promise,
    strike: (call) => {
      for (const state of live) {
        const {
          kind,
          rate = 1,
          method,
          messageId,
          labelId,
          times = Infinity,
          afterCalls = 0,
          seconds = LOCKOUT_SECONDS,
        } = state.fault;
        if (!APPLIES[kind](call)) continue;
        if (method !== undefined && method !== call.method) continue;
        if (messageId !== undefined && messageId !== call.messageId) continue;
        if (labelId !== undefined && !call.labelIds?.includes(labelId)) continue;
        if (++state.seen <= afterCalls || state.fired >= times || !draw.chance(rate)) continue;
        state.fired++;
        if (kind === "lockout") lockouts.set(call.email, { until: 0, milliseconds: seconds * 1_000 });
        return state.fault;
      }
      return undefined;
    },
    lockout: (email) => {
      const lockout = lockouts.get(email);
      if (lockout === undefined) return undefined;
      if (lockout.until > 0 && clock() >= lockout.until) {
        lockouts.delete(email);
        return undefined;
      }
      lockout.until = clock() + lockout.milliseconds;
      return lockedOut(draw.chance(0.5) ? 403 : 429, lockout.until);
    },
  };
}

/** The refusal a fault answers with; undefined for those that spoil an answer, and for quota ones made elsewhere. */
export function refusalOf({ kind, seconds = 2, labelId = "" }: Fault): Refusal | undefined {
  switch (kind) {
    case "500":
      return internalError();
    case "502html":
      return badGateway();
    case "503":
    case "tokenDown":
      return unavailable();
    case "429":
      return tooManyConcurrent();
    case "429hint":
      return tooManyConcurrent({ "retry-after": String(seconds) });
    case "bandwidth":
      return bandwidthExceeded();
    case "401":
      return authError();
    case "dailyLimit":
      return dailyLimitExceeded();
    case "apiDisabled":
      return apiDisabled();
    case "domainPolicy":
      return domainPolicy();
    case "notFound":
      return notFound();
    case "failedPrecondition":
      return failedPrecondition();
    case "forbidden":
      return forbidden("The caller does not have permission");
    case "invalidLabel":
      return invalidArgument(`Invalid label: ${labelId}`);
    case "badPageToken":
      return invalidArgument("Invalid pageToken");
    case "403quota":
    case "lockout":
    case "reset":
    case "cutBody":
    case "truncatedJson":
    case "emptyPage":
    case "emptyListing":
    case "duplicateIds":
    case "reversedPages":
    case "withoutLabelIds":
    case "emptyLabels":
    case "hang":
    case "wait":
    case "lostText":
    case "lostRaw":
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** What becomes of a good answer on its way; undefined when nothing does. */
export function spoilingOf(fault: Fault | undefined): Spoiling | undefined {
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
