import { ExportError, type FinalCode, type Failure } from "../../../core/errors.ts";
import type { Filter } from "../../../core/mail/filter.ts";
import type { Content, Message } from "../../../core/mail/mail.ts";
import type { AccessToken } from "../../../core/ports/accounts.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Pacer } from "../../../core/ports/pacer.ts";
import type { Method } from "../../../core/quota.ts";
import { readContentAnswer } from "../large/content-stream.ts";
import type { Received } from "../large/mail-in-pages.ts";
import type { Intake } from "../reading/memory.ts";
import { accountRefused, bandwidthExceeded, classify, lockedOut, REVOKED } from "./classify.ts";
import { parseHistory, type HistoryPage } from "./history.ts";
import type { Http, HttpResponse } from "./http.ts";
import { refusalRecord } from "./refusal-record.ts";
import { createRetry, LONG_WAIT_MS } from "./retry.ts";
import {
  parseAttachment,
  parseLabelIds,
  parseLabels,
  parseMessage,
  parseMessageList,
  parseProfile,
  parseThread,
} from "./wire.ts";

/** The token endpoint has just honoured the grant, so Gmail's refusals of fresh tokens are believed only when they repeat. */
const FRESH_REFUSED_AFTER = 3;

/**
 * Bytes of the largest answer to each method, and some to spare: 500 refs of a listing have 30 kB, 10,000 labels 3 MB, a
 * message of 50 MB is 67 MB in base64. A conversation has many messages.
 */
const MOST_BYTES: Readonly<Record<Method, number>> = {
  getProfile: 64 << 10,
  "labels.list": 16 << 20,
  "messages.list": 4 << 20,
  "history.list": 16 << 20,
  "messages.get": 80 << 20,
  "messages.attachments.get": 80 << 20,
  "threads.get": 128 << 20,
};

/** The most that messages.list and history.list give on one page. */
const PAGE_SIZE = "500";

/** The Gmail API as seen by one account. Each function is one method of Google's reference, tried until it is decided. */
export type GmailClient = Readonly<{
  getProfile(signal: AbortSignal): Promise<ReturnType<typeof parseProfile>>;
  labelsList(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  messagesList(
    filter: Filter,
    pageToken: string | undefined,
    signal: AbortSignal,
  ): Promise<ReturnType<typeof parseMessageList>>;
  /**
   * Format `full`. New mail is not found for some seconds: that it is gone is believed when it was said several times, or
   * once where `believe` is set.
   */
  messagesGet(id: string, signal: AbortSignal, intake?: Intake, believe?: boolean): Promise<Message>;
  /** Format `full`. */
  threadsGet(id: string, signal: AbortSignal, intake?: Intake): Promise<readonly Message[]>;
  /** Format `minimal`, of which the size alone: what Gmail reckons the message's bytes to be. */
  messagesGetSize(id: string, signal: AbortSignal): Promise<number>;
  /** Format `minimal`, of which the labels alone. That it is gone is believed as with `messagesGet`. */
  messagesGetLabels(id: string, signal: AbortSignal, believe?: boolean): Promise<ReturnType<typeof parseLabelIds>>;
  attachmentsGet(messageId: string, id: string, signal: AbortSignal, intake?: Intake): Promise<Content>;
  /** The content of an attachment goes to `read` as it comes; that may be called again where an answer broke off. */
  attachmentsStream<T>(
    messageId: string,
    id: string,
    read: ReadContent<T>,
    signal: AbortSignal,
  ): Promise<T | undefined>;
  /**
   * Format `raw`: the bytes of the message go to `read` as they come, which may be called again where an answer broke off;
   * `made` is undefined where Gmail gave none. The message has no parts.
   */
  messagesGetRaw<T>(
    id: string,
    read: ReadContent<T>,
    signal: AbortSignal,
    believe?: boolean,
  ): Promise<Readonly<{ message: Message; made: T | undefined }>>;
  /** All types of changes. */
  historyList(startHistoryId: string, pageToken: string | undefined, signal: AbortSignal): Promise<HistoryPage>;
}>;

type ReadContent<T> = (content: AsyncIterable<Buffer>) => Promise<T>;

export type ClientPorts = Readonly<{
  http: Http;
  accessToken: AccessToken;
  pacer: Pacer;
  clock: Clock;
  /** From 0 up to 1. */
  random: () => number;
  /** Keeps what Google says as it refuses: a line without anything of whose mail it was about. */
  keepRefusal?: ((line: string) => void) | undefined;
}>;

export function gmailClient({ http, accessToken, pacer, clock, random, keepRefusal }: ClientPorts): GmailClient {
  const retry = createRetry(clock, random);

  /**
   * Sends once, whatever comes of it. Every sending has its own turn, and is counted by what Google made of it. The token
   * comes first: a turn that is not used would be a call that was never sent.
   */
  const send = async <T>(
    { method, path, parse, take, stream, format, intake, mayPass }: Request<T>,
    stale: Stale,
    signal: AbortSignal,
  ): Promise<T> => {
    const token = await accessToken(stale, signal);
    const turn = await pacer.turn(method, signal, format);
    let isAccepted = false;
    const accept = (): void => {
      if (!isAccepted) pacer.accepted(turn);
      isAccepted = true;
    };
    /** A call whose answer has to wait for memory leaves its place to others: the one that all wait for may need it. */
    const onWait = (status: number): void => {
      if (isOk({ status })) accept(); // it got through, and when is known now
      turn.done();
    };
    try {
      turn.sent();
      const most = MOST_BYTES[method];
      const response = await (stream
        ? http.stream(path, token, signal, stream, most)
        : http.get(path, token, signal, intake && { ...intake, onWait }, most));
      if ("streamed" in response) {
        accept();
        return response.streamed;
      }
      if (response.status === 401) throw new TokenRefused(token);
      const read = async (): Promise<T> => {
        if (!response.large) return parse(jsonOf(response, clock));
        const found = await response.large.read(method, (bytes) => intake?.keep(bytes), signal);
        if (!found) throw new ExportError(classify(response, clock.now()));
        return take ? take(found) : parse(found.json);
      };
      if (isOk(response)) {
        const result = await read();
        accept();
        return result;
      }
      const failure = classify(response, clock.now());
      if (keepRefusal && (response.status === 403 || response.status === 429)) {
        const { usedLastMinute } = pacer.pace();
        keepRefusal(refusalRecord(response, { method, format: formatOf(path), at: clock.now(), usedLastMinute }));
      }
      if (failure.retry === "wait") pacer.refused(failure, turn);
      else if (failure.retry === "never") accept();
      // Nobody names the time; the pacer has set one.
      if (failure.code === "bandwidth_exceeded") throw new ExportError(bandwidthExceeded(pacer.pace().waitingUntil));
      const passing = failure.retry === "never" && failure.code === mayPass;
      throw new ExportError(passing ? { ...failure, mayPass: true } : failure);
    } finally {
      turn.done();
    }
  };

  let witnessing: Promise<boolean> | undefined;
  /** Whether Google answers at all, asked once for all calls that want to know: the profile is the cheapest to read. */
  const witness = (signal: AbortSignal): Promise<boolean> =>
    (witnessing ??= send(PROFILE, undefined, signal)
      .then(
        () => true,
        () => false,
      )
      .finally(() => (witnessing = undefined)));

  const call = async <T>(request: Request<T>, signal: AbortSignal): Promise<T> => {
    let refused = 0; // fresh tokens
    const attempt = async (stale: Stale): Promise<T> => {
      try {
        return await send(request, stale, signal);
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error;
        if (stale === undefined) return await attempt(error.token);
        refused += 1;
        throw new ExportError(refused < FRESH_REFUSED_AFTER ? REFUSED_FOR_NOW : REVOKED);
      }
    };
    // Asked again before the time that Google named, it would name a later one; and nobody would know what is waited for.
    const { waitingUntil: until, waitsForBytes } = pacer.pace();
    if (until !== undefined && until - clock.now() >= LONG_WAIT_MS)
      throw new ExportError(waitsForBytes ? bandwidthExceeded(until) : lockedOut(until));
    const { of } = request;
    const asked = retry(() => attempt(undefined), signal, of === "mail" ? () => witness(signal) : undefined);
    return of === "mail" ? asked : asked.catch((error: unknown) => Promise.reject(accountRefused(error)));
  };

  return {
    getProfile: (signal) => call(PROFILE, signal),
    labelsList: (signal) =>
      call({ method: "labels.list", of: "account", path: pathOf("labels"), parse: parseLabels }, signal),
    messagesList({ query, labels, includeSpamTrash }, pageToken, signal) {
      const path = pathOf("messages", {
        maxResults: PAGE_SIZE,
        fields: "nextPageToken,messages(id,threadId)",
        q: query,
        labelIds: labels,
        includeSpamTrash: includeSpamTrash ? "true" : "",
        pageToken,
      });
      return call({ method: "messages.list", of: "account", path, parse: parseMessageList }, signal);
    },
    messagesGet(id, signal, intake, believe = false) {
      const path = pathOf(`messages/${encode(id)}`, { format: "full" });
      const mayPass = believe ? undefined : "not_found";
      return call(
        {
          method: "messages.get",
          of: "mail",
          path,
          parse: parseMessage,
          take: ({ messages }) => messages[0]!,
          intake,
          mayPass,
        },
        signal,
      );
    },
    messagesGetSize(id, signal) {
      const path = pathOf(`messages/${encode(id)}`, { format: "minimal", fields: "id,threadId,sizeEstimate" });
      const parse = (json: unknown): number => parseMessage(json).sizeEstimate;
      return call({ method: "messages.get", of: "mail", path, parse, format: "minimal" }, signal);
    },
    messagesGetLabels(id, signal, believe = false) {
      const path = pathOf(`messages/${encode(id)}`, { format: "minimal", fields: "id,labelIds" });
      const mayPass = believe ? undefined : "not_found";
      return call(
        { method: "messages.get", of: "mail", path, parse: parseLabelIds, format: "minimal", mayPass },
        signal,
      );
    },
    threadsGet(id, signal, intake) {
      const path = pathOf(`threads/${encode(id)}`, { format: "full" });
      return call(
        { method: "threads.get", of: "mail", path, parse: parseThread, take: ({ messages }) => messages, intake },
        signal,
      );
    },
    attachmentsGet(messageId, id, signal, intake) {
      const path = pathOf(`messages/${encode(messageId)}/attachments/${encode(id)}`);
      return call(
        {
          method: "messages.attachments.get",
          of: "mail",
          path,
          parse: parseAttachment,
          take: ({ content }) => content!,
          intake,
        },
        signal,
      );
    },
    attachmentsStream(messageId, id, read, signal) {
      const path = pathOf(`messages/${encode(messageId)}/attachments/${encode(id)}`);
      const stream = async (chunks: AsyncIterable<Buffer>) => {
        const { json, made } = await readContentAnswer(chunks, "data", read);
        if (made === undefined) parseAttachment(json); // without content it must say that it has none
        return made;
      };
      return call({ method: "messages.attachments.get", of: "mail", path, parse: streamed, stream }, signal);
    },
    messagesGetRaw(id, read, signal, believe = false) {
      const path = pathOf(`messages/${encode(id)}`, { format: "raw" });
      const stream = async (chunks: AsyncIterable<Buffer>) => {
        const { json, made } = await readContentAnswer(chunks, "raw", read);
        return { message: parseMessage(json), made };
      };
      const mayPass = believe ? undefined : "not_found";
      return call(
        { method: "messages.get", of: "mail", path, parse: streamed, stream, format: "raw", mayPass },
        signal,
      );
    },
    historyList(startHistoryId, pageToken, signal) {
      const path = pathOf("history", { startHistoryId, maxResults: PAGE_SIZE, pageToken });
      return call({ method: "history.list", of: "mail", path, parse: parseHistory }, signal);
    },
  };
}

/** Of a call whose good answers are streamed: there is no other. */
function streamed(): never {
  throw new RangeError("a streamed answer is not parsed");
}

/** One call of Google's reference. */
type Request<T> = Readonly<{
  method: Method;
  /** What a lasting refusal is about: the account as a whole, or the mail that was asked for, be it read or its history. */
  of: "account" | "mail";
  path: string;
  parse(json: unknown): T;
  /** Of a large answer to a call for mail, which was parsed elsewhere. */
  take?: (received: Received) => T;
  /** Reads a good answer as it comes, in place of `parse`. */
  stream?: (chunks: AsyncIterable<Buffer>) => Promise<T>;
  /** Of what is asked for of a message, where that is not all of its parts. */
  format?: "raw" | "minimal";
  intake?: Intake | undefined;
  /** A refusal that may pass here, beside those that may pass anywhere. */
  mayPass?: FinalCode | undefined;
}>;

const PROFILE: Request<ReturnType<typeof parseProfile>> = {
  method: "getProfile",
  of: "account",
  path: pathOf("profile"),
  parse: parseProfile,
};

/** What of a message a call asks for, as its address says. */
function formatOf(path: string): string | undefined {
  return new URL(path, "https://gmail.invalid").searchParams.get("format") ?? undefined;
}

type Stale = Parameters<AccessToken>[0];

/** Gmail did not take this token; a fresher one is tried once. Never leaves this file. */
class TokenRefused extends Error {
  readonly token: NonNullable<Stale>;
  constructor(token: NonNullable<Stale>) {
    super("token refused");
    this.token = token;
  }
}

const REFUSED_FOR_NOW: Failure = {
  code: "server_error",
  retry: "backoff",
  message: "Gmail refused a token that Google had just given out.",
  next: "Try again in a moment; if it lasts, sign in again.",
};

function isOk({ status }: Pick<HttpResponse, "status">): boolean {
  return status >= 200 && status < 300;
}

function jsonOf(response: HttpResponse, clock: Clock): unknown {
  try {
    return JSON.parse(response.body.toString());
  } catch {
    // Not the parser's error: it quotes what it could not read, and that is mail.
    throw new ExportError(classify(response, clock.now()));
  }
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Parameters that are empty are left out; a list repeats its name. */
function pathOf(resource: string, query: Query = {}): string {
  const search = new URLSearchParams({ prettyPrint: "false" });
  for (const [name, value = ""] of Object.entries(query))
    for (const each of typeof value === "string" ? [value] : value) if (each !== "") search.append(name, each);
  return `/gmail/v1/users/me/${resource}?${search.toString()}`;
}

const encode = encodeURIComponent;
