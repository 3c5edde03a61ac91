import { createServer, type IncomingMessage } from "node:http";

import { directoryApi } from "./domain/directory.ts";
import { keyFile, openDomain, type Domain, type DomainOptions } from "./domain/domain.ts";
import { machine } from "./domain/machine.ts";
import { noSuchUrl } from "./errors.ts";
import { openFaults, type Faults } from "./faults.ts";
import { gmailApi } from "./gmail/gmail.ts";
import { openMailbox, type ForgedHistory, type Mailbox, type Place } from "./mail/mailbox.ts";
import type { NewMessage } from "./mail/new-message.ts";
import { truthOf, type Truth } from "./mail/truth.ts";
import { openMeter, type Meter } from "./meter.ts";
import { credentialsFile, makeClient, type ClientOptions, type Credentials } from "./oauth/client.ts";
import type { Consent } from "./oauth/consent-screen.ts";
import { openGrants } from "./oauth/grants.ts";
import { oauth } from "./oauth/oauth.ts";
import { openQuota, type QuotaOptions } from "./quota.ts";
import { refused, send } from "./reply.ts";

export type { Fault } from "./faults.ts";
export type { Truth } from "./mail/truth.ts";

export type SimulatorOptions = Readonly<{
  /** Default: ada@example.com with 200 messages. */
  accounts?: readonly Readonly<{ email: string; messages?: number }>[];
  /** Size of the first account's mailbox. */
  messages?: number;
  /** Same seed, same mailboxes, byte for byte; attachment ids excepted. Default 1. */
  seed?: number;
  /** Mean; many conversations have one message, some many. Default 2. */
  messagesPerThread?: number;
  /** For benchmarks: plain bodies of about this size instead of the variety, nothing in SPAM or TRASH. */
  bodyBytes?: number;
  /** With `bodyBytes`: an attachment in each message as well, of up to so many bytes. */
  attachmentBytes?: number;
  /** A Workspace domain whose users are these accounts, and a service account that may read it. Default none. */
  domain?: DomainOptions;
  /** Default an installed client. */
  client?: ClientOptions;
  /** Added to the answers of the Gmail API. */
  latencyMs?: number;
  /** Default any free one. */
  port?: number;
  /** Default 3599. */
  accessTokenSeconds?: number;
  /** Each refresh brings a new refresh token and ends the old one. */
  rotateRefreshTokens?: boolean;
  /** Without, nothing is refused; calls are metered at the prices of 2026 all the same. */
  quota?: QuotaOptions;
  /** Epoch milliseconds, for quota, expiry and the dates of new mail. Default the system's. */
  clock?: () => number;
}>;

export type SimulatedGoogle = AsyncDisposable &
  Readonly<{
    /** Of OAuth and Gmail, the Admin SDK, IAM and the machine's metadata. */
    url: string;
    /** Content of credentials.json. */
    credentials: Credentials;
    /** Of the domain's service account; left out where there is no domain. */
    key?: ReturnType<typeof keyFile>;
    /** Throws where there is none. */
    domain(): Domain;
    accounts: readonly string[];
    consent: Consent;
    /** Default the first account's. */
    mailbox(email?: string): SimulatedMailbox;
    meter: Pick<Meter, "calls" | "units" | "refused" | "gets" | "reset">;
    faults: Faults;
    /** How many codes were given out and exchanged, and how many access tokens refreshed; `values` are all codes and tokens ever given out. */
    tokens: Readonly<{ codes: number; exchanges: number; refreshes: number; values: readonly string[] }>;
    /** The person withdraws access at Google: all their tokens die. */
    revoke(email: string): void;
    expireAccessTokens(): void;
  }>;

type SimulatedMailbox = Readonly<{
  /** Returns the new message's id. */
  add(message?: NewMessage): string;
  /** For good. */
  remove(id: string): void;
  setLabels(id: string, labelIds: readonly string[]): void;
  /** Moves a message into the inbox, spam or the trash, or out of all of them. Its other labels stay. */
  moveTo(id: string, place: Place): void;
  /** A draft that is written anew is another message, whose id is returned; the one before is deleted. It keeps its labels. */
  editDraft(id: string, message?: NewMessage): string;
  /** What labels.list answers. */
  labels(): readonly Readonly<{ id: string; name: string }>[];
  /** Returns the new label's id. As for the next two, the history tells nothing of it. */
  makeLabel(name: string): string;
  renameLabel(id: string, name: string): void;
  /** Takes it off its messages, too. Whether Gmail's history tells that is not known: it does not, unless `tellsHistory`. */
  removeLabel(id: string, tellsHistory?: boolean): void;
  /** Of removed messages too. */
  labelIds(id: string): readonly string[];
  /** Newest first, SPAM and TRASH included. */
  ids(): string[];
  /** Of removed messages too. */
  truth(id: string): Truth;
  size: number;
  historyId: string;
  /** All cursors held so far are answered with 404 from now on; the current one too, as in a mailbox that is idle, unless only those `past`. */
  expireHistory(upTo?: "current" | "past"): void;
  /** The history tells what never happened, such as a label of a message that never was. */
  forgeHistory(told: ForgedHistory): void;
}>;

/** A stand-in for Google, OAuth and Gmail, on a loopback port: as strict as Google, and broken on demand. */
export async function simulateGoogle(options: SimulatorOptions = {}): Promise<SimulatedGoogle> {
  const { seed = 1, messagesPerThread = 2, bodyBytes, attachmentBytes = 0, latencyMs = 0, port = 0 } = options;
  const { accessTokenSeconds = 3_599, rotateRefreshTokens = false, clock = Date.now } = options;
  const given = options.accounts ?? [{ email: "ada@example.com" }];
  const mailboxes = new Map<string, Mailbox>();
  for (const [i, { email, messages = (i === 0 ? options.messages : undefined) ?? 200 }] of given.entries()) {
    const layout = { seed, email, messages, messagesPerThread, clock };
    mailboxes.set(email, openMailbox(bodyBytes === undefined ? layout : { ...layout, bodyBytes, attachmentBytes }));
  }

  const accounts = [...mailboxes.keys()];
  const client = makeClient(options.client ?? { type: "installed" }, seed);
  const grants = openGrants(clock, accessTokenSeconds);
  const consent: Consent = { decision: "approve" };
  const faults = openFaults(seed, clock);
  const meter = openMeter();
  const quota = openQuota(options.quota, seed, clock);
  const domain = options.domain && openDomain(options.domain, accounts);
  const answerOAuth = oauth({ client, grants, consent, accounts, rotateRefreshTokens, faults, clock, domain });
  const answerDirectory = domain && directoryApi({ domain, grants, faults, accounts });
  const answerMachine = domain && machine(domain, grants.issued.values);
  const answerGmail = gmailApi({ mailboxes, grants, quota, faults, meter, latencyMs });

  const answer = async (request: IncomingMessage, url: URL) => {
    if (url.pathname.startsWith("/gmail/v1/users/")) return answerGmail(request, url);
    const reply = answerDirectory?.(request, url) ?? (await answerMachine?.(request, url));
    return reply ?? (await answerOAuth(request, url)) ?? refused(noSuchUrl(url.pathname));
  };
  const server = createServer((request, response) => {
    const url = URL.parse(`http://simulator${request.url ?? "/"}`);
    if (url === null) {
      response.writeHead(400).end();
      return;
    }
    answer(request, url).then(
      (reply) => send(request, response, url, reply),
      (defect: unknown) => response.destroy(defect instanceof Error ? defect : new Error("simulator defect")),
    );
  });
  // Google keeps idle connections for minutes; Node's five seconds would reset clients that reuse theirs.
  server.keepAliveTimeout = 240_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  const url = `http://127.0.0.1:${address.port}`;

  return {
    url,
    credentials: credentialsFile(client, url),
    ...(domain && { key: keyFile(domain, url) }),
    domain: () => {
      if (domain === undefined) throw new Error("the simulator has no domain");
      return domain;
    },
    accounts,
    consent,
    mailbox: (email = accounts[0]!) => control(mailboxes, email),
    meter,
    faults,
    tokens: grants.issued,
    revoke: grants.revoke,
    expireAccessTokens: grants.expireAccess,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function control(mailboxes: ReadonlyMap<string, Mailbox>, email: string): SimulatedMailbox {
  const mailbox = mailboxes.get(email);
  if (mailbox === undefined) throw new Error(`no simulated mailbox ${email}`);
  const { add, remove, setLabels, moveTo, editDraft, removeLabel, expireHistory, forgeHistory, labels } = mailbox;
  const held = (id: string) => {
    const entry = mailbox.everHeld(id);
    if (entry === undefined) throw new Error(`no message ${id} in the simulated mailbox`);
    return entry;
  };
  return {
    add,
    remove,
    setLabels,
    moveTo,
    editDraft,
    labels: () => labels.all(),
    makeLabel: (name) => labels.make(name),
    renameLabel: (id, name) => labels.rename(id, name),
    removeLabel,
    labelIds: (id) => held(id).labelIds,
    expireHistory,
    forgeHistory,
    ids: () => mailbox.newestFirst.map(({ id }) => id),
    truth: (id) => truthOf(held(id), mailbox.mail(held(id))),
    get size() {
      return mailbox.newestFirst.length;
    },
    get historyId() {
      return String(mailbox.historyId);
    },
  };
}
