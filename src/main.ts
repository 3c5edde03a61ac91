/*
 * The one place that knows every part (test/layers.test.ts), and therefore long: it joins them, and what each does is
 * elsewhere. Divided it would be several places that know every part. In this order: the way to Google, all parts under one
 * configuration, doctor, the server and what runs beside it, the demo, and the command line.
 */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { systemClock as clock } from "./clock.ts";
import { readConfig, readSettings, SECRET_SETTINGS, type Config, type Env, type SettingProblem } from "./config.ts";
import { canonicalAccount } from "./core/account.ts";
import { failureOf, type ExportError } from "./core/errors.ts";
import type { ExportRequest } from "./core/export/job.ts";
import { isInBucket } from "./core/export/place.ts";
import { proxyFor } from "./core/network/proxy.ts";
import type { AccessToken, Accounts } from "./core/ports/accounts.ts";
import type { ChooseDirectory } from "./core/ports/export-directory.ts";
import type { Grants } from "./core/ports/grants.ts";
import type { Holds } from "./core/ports/holds.ts";
import type { Log } from "./core/ports/log.ts";
import type { MailboxSource } from "./core/ports/mailbox-source.ts";
import type { Pacer } from "./core/ports/pacer.ts";
import type { State } from "./core/ports/state.ts";
import type { OpenStorage } from "./core/ports/storage.ts";
import type { Moved, StateKind } from "./core/ports/stored-state.ts";
import { UNITS_PER_MINUTE } from "./core/quota.ts";
import { Secret } from "./core/secret.ts";
import { decodeTextFile } from "./core/text-file.ts";
import type { Facts } from "./doctor/facts.ts";
import type { Finding } from "./doctor/finding.ts";
import { accounts as oauthAccounts } from "./google/accounts.ts";
import { readCredentials } from "./google/credentials.ts";
import { googleDirectory } from "./google/directory/domain-directory.ts";
import { createReaders, type Reader, type Readers } from "./google/readers.ts";
import { delegatedTokens, projectKeyOf } from "./google/service-account/delegated-tokens.ts";
import { findServiceAccountOf } from "./google/service-account/find-service-account.ts";
import { storeCredentials } from "./google/store-credentials.ts";
import { createLog, forPeople } from "./log.ts";
import { createLookAtWork } from "./pipeline/all-work.ts";
import { createConfirmCurrent } from "./pipeline/directory/confirm-current.ts";
import { findFreeIn } from "./pipeline/directory/free-directory.ts";
import { assertNotHeld, createOpenDirectory } from "./pipeline/directory/open-directory.ts";
import { assertMayUse } from "./pipeline/directory/ownership.ts";
import { archiveAsTar } from "./pipeline/directory/reading/archive.ts";
import { createReadBatches } from "./pipeline/directory/reading/read-batches.ts";
import { createReadDirectory } from "./pipeline/directory/reading/read-directory.ts";
import { createReadRecordContent } from "./pipeline/directory/reading/record-content.ts";
import type { ReadProfile } from "./pipeline/domain/count-mail.ts";
import { createCountedMail } from "./pipeline/domain/counted-mail.ts";
import { estimate, type Estimate } from "./pipeline/estimate.ts";
import { runExport as exportMail } from "./pipeline/export.ts";
import { resolveLabels } from "./pipeline/labels.ts";
import { findAlarms, readRememberedAlarms } from "./pipeline/unattended/current-alarms.ts";
import { readLastProven } from "./pipeline/unattended/last-proven.ts";
import { watchMailboxes } from "./pipeline/unattended/live.ts";
import { lookAtSchedules } from "./pipeline/unattended/look-at-schedules.ts";
import { createReadProof } from "./pipeline/unattended/read-proof.ts";
import { runSchedules } from "./pipeline/unattended/run-schedules.ts";
import { createScheduling } from "./pipeline/unattended/scheduling.ts";
import { watchSchedules, type WatchPorts } from "./pipeline/unattended/watch-schedules.ts";
import { createVerifications } from "./pipeline/verifications.ts";
import { verify } from "./pipeline/verify.ts";
import { work, type RunExport } from "./pipeline/worker.ts";
import { indexedRecords } from "./search/indexed-records.ts";
import { readSettingsFile } from "./settings-file.ts";
import type { GmailClient } from "./sources/gmail-api/calls/client.ts";
import type { Http } from "./sources/gmail-api/calls/http.ts";
import { lookBack } from "./sources/gmail-api/pace/look-back.ts";
import { createPacer } from "./sources/gmail-api/pace/pacer.ts";
import { rememberCalls } from "./sources/gmail-api/pace/remember-calls.ts";
import { createMemory } from "./sources/gmail-api/reading/memory.ts";
import { embeddedState } from "./state/embedded/embedded-state.ts";
import { storedFolder } from "./state/embedded/stored-folder.ts";
import { moveState, noDatabase, noSharedKey } from "./state/move/move-state.ts";
import { appendLine } from "./storage/folder/append-line.ts";
import { checkDirectoryIn, chooseDirectoryIn } from "./storage/folder/choose-directory.ts";
import { fileHolds, lockFileIn } from "./storage/folder/file-holds.ts";
import { nodeFileSystem } from "./storage/folder/file-system.ts";
import { folderStorage } from "./storage/folder/folder-storage.ts";
import { fileLock } from "./storage/folder/lock.ts";
import { outputFolders } from "./storage/folder/output-folder.ts";
import { filesOnDisk as files } from "./storage/folder/private-files.ts";
import { tightenFolders } from "./storage/folder/tighten-folders.ts";
import { connectBuckets } from "./storage/s3/connect-buckets.ts";
import { deploymentId, sharedDeploymentId } from "./storage/s3/deployment-id.ts";
import type { Stage } from "./surfaces/cli/commands/demo.ts";
import { runCommand } from "./surfaces/cli/program.ts";
import { terminal as openTerminal } from "./surfaces/cli/terminal/terminal.ts";
import { calledAs } from "./surfaces/cli/words/called-as.ts";
import type { DomainServices } from "./surfaces/domain-services.ts";
import { createMeasures } from "./surfaces/http/operations/measures.ts";
import { languageOf } from "./surfaces/words/language.ts";

const lock = fileLock(clock);

/** Of this machine (TZ, or /etc/localtime). */
const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The name under which this process runs exports, for people. */
const WORKER = `${hostname()}/${process.pid}`;

/** What the deployment remembers, under one configuration. Makes no key where it only looks. */
async function openState(config: Config, log?: Log, { onlyLooks = false } = {}): Promise<State> {
  const { databaseUrl, encryptionKey } = config;
  const common = { onlyLooks, worker: WORKER, clock, log };
  if (databaseUrl === undefined || typeof encryptionKey !== "object") {
    const holds = fileHolds(clock, undefined, lockFileIn(config.stateDir));
    return embeddedState({ ...common, settings: config, files, lock, holds });
  }
  const { postgresState } = await import("./state/postgres/postgres-state.ts");
  return postgresState({ ...common, settings: { ...config, databaseUrl, encryptionKey } });
}

/** Moves what the deployment remembers, while nothing of it runs. Throws `settings_invalid` where no database is named. */
async function moveStateTo(to: StateKind, settings: Env, signal: AbortSignal): Promise<Moved> {
  const looked = readSettings(settings, process.cwd()).config;
  const { databaseUrl, encryptionKey } = looked;
  if (databaseUrl === undefined) throw noDatabase();
  if (typeof encryptionKey !== "object") throw noSharedKey(looked.stateDir);
  const config = { ...readConfig(settings, process.cwd()), databaseUrl, encryptionKey };
  const { storedDatabase } = await import("./state/postgres/stored-database.ts");
  const holds = fileHolds(clock, undefined, lockFileIn(config.stateDir));
  await using folder = storedFolder({ settings: config, clock, files, lock, holds });
  await using database = storedDatabase({ settings: config, clock });
  const [from, target] = to === "database" ? [folder, database] : [database, folder];
  return await moveState(from, target, { newId: randomUUID, signal });
}

/** Where exports lie, in folders and in buckets, and what reads them there. */
function connectStorage({ exportDir, stateDir, encryptionKey, buckets: settings }: Config, holds: Holds) {
  // Where a hold can be lost to another machine, those that share the database have the same key.
  const deployment = async (): Promise<string> =>
    holds.canBeLost && encryptionKey instanceof Secret
      ? sharedDeploymentId(encryptionKey)
      : deploymentId(stateDir, files, randomUUID);
  const given = { settings, holds, clock, random: Math.random, proxyOf, readFile: files.readFile, deployment };
  const buckets = connectBuckets(given);
  const inFolders = folderStorage(holds);
  const storages: OpenStorage = (place) => (isInBucket(place) ? buckets.storages(place) : inFolders(place));
  return {
    storages,
    readDirectory: createReadDirectory(storages),
    readProof: createReadProof(storages),
    choose: isInBucket(exportDir) ? buckets.chooseIn(exportDir) : chooseDirectoryIn(exportDir),
    /** See `checkDirectoryIn`. There are no links in a bucket. */
    check: async (place: string) => (isInBucket(place) ? place : checkDirectoryIn(exportDir)(place)),
    /** Throws where exports cannot be written at all. */
    assertUsable: async () => (isInBucket(exportDir) ? buckets.assertUsable(exportDir) : undefined),
    /** What doctor and the readiness of the server look at: a place in a bucket is looked at as a folder is. */
    lookers: ({ folder, room }: Pick<Facts, "folder" | "room">): Pick<Facts, "folder" | "room"> => ({
      folder: async (place) =>
        isInBucket(place)
          ? { exists: true, fault: await buckets.faultOf(place), permissions: undefined }
          : folder(place),
      room: async (place) => (isInBucket(place) ? undefined : room(place)),
    }),
    close: buckets.close,
  };
}

/** The way to Google under one configuration. Opens no file before one is needed; makes none where it only looks. */
function connect(config: Config, { budget, limits, recent }: State, { onlyLooks = false } = {}) {
  const memory = createMemory(config.exportMemoryBytes);
  const opened = new AsyncDisposableStack();
  const openHttp = async (): Promise<Http> => {
    const { createHttp } = await import("./sources/gmail-api/calls/http.ts");
    const http = createHttp(
      config.gmailApiUrl.href,
      clock,
      {
        // As many calls as a plan may have going: those that pause for want of memory keep their connections.
        connections: callsAtOnce(config) * config.exportConcurrency,
      },
      () => proxyFor(config.gmailApiUrl, process.env)?.url,
    );
    opened.defer(() => http.close());
    return http;
  };
  let http: Promise<Http> | undefined;
  const credentials = () => readCredentials(config.credentialsPath);
  const find = findServiceAccountOf(config, clock, Math.random);
  const tokens = delegatedTokens({ find, clock, random: Math.random });
  const measures = createMeasures(clock);
  const { recordRefusals } = config;
  // What cannot be kept is no reason to stop an export: that is said once, and it goes on.
  let canKeep = true;
  const keepRefusal =
    recordRefusals === undefined
      ? undefined
      : (line: string): void =>
          void appendLine(nodeFileSystem, recordRefusals, line).catch((error: unknown) => {
            if (canKeep) process.stderr.write(`GMAIL_RECORD_REFUSALS: ${keepingFailed(error)}\n`);
            canKeep = false;
          });

  const clientWith = async (pacer: Pacer, accessToken: AccessToken): Promise<GmailClient> => {
    // A third of what there is to load, and many commands call nobody.
    const { gmailClient } = await import("./sources/gmail-api/calls/client.ts");
    http ??= openHttp();
    http.catch(() => (http = undefined)); // the file could not be opened just now
    return gmailClient({ http: await http, accessToken, pacer, clock, random: Math.random, keepRefusal });
  };

  const pacerFor = async (project: string, user: string, more: Partial<Parameters<typeof createPacer>[0]> = {}) =>
    createPacer({
      clock,
      tier: config.tier,
      unitsPerMinute: config.unitsPerMinute,
      maxInFlight: config.maxInFlight,
      project: (units, signal) => budget.lease(project, user, units, signal),
      remembered: await limits.read(project),
      ...more,
    });

  /** `user` "" as long as nobody knows whose mailbox the token opens. */
  const mailboxFor = async (user: string, { token, project: clientId }: Reader): Promise<MailboxSource> => {
    const before = lookBack(user === "" ? undefined : await recent.read(clientId, user), clock.now());
    const bare = await pacerFor(clientId, user, {
      before,
      onLearned: (learned) => void limits.remember(clientId, learned),
    });
    let pacer = measures.pacer(bare);
    if (user !== "" && !onlyLooks) {
      const kept = rememberCalls(pacer, before, (minute) => recent.keep(clientId, user, minute), clock);
      opened.defer(kept.close);
      ({ pacer } = kept);
    }
    const { gmailSource } = await import("./sources/gmail-api/source.ts");
    return gmailSource({ client: await clientWith(pacer, token), pacer, memory, width: callsAtOnce(config) });
  };
  let counting: Promise<Pacer> | undefined;
  /** The profile of one account among many: at one pace for all of them, as each is asked for a single unit. */
  const profileOf = async ({ token, project }: Reader, signal: AbortSignal): ReturnType<ReadProfile> => {
    counting ??= pacerFor(project, "").then(measures.pacer);
    return (await clientWith(await counting, token)).getProfile(signal);
  };
  const directory = googleDirectory({
    admin: config.admin,
    tokens,
    apiUrl: config.googleApiUrl,
    clock,
    random: Math.random,
  });
  const readersOf = (store: Grants): Readers =>
    createReaders({ credentials, find, tokens, store, scopes: config.scopes, clock, random: Math.random });
  return {
    limits,
    find,
    credentials,
    measures,
    readersOf,
    directory,
    mailboxFor,
    profileOf,
    close: () => opened.disposeAsync(),
  };
}

type Way = ReturnType<typeof connect>;

/** The domain that a service account reads, as the surfaces look through it. */
function connectDomain(config: Config, { directory, find, limits, profileOf }: Way, readers: Readers): DomainServices {
  const counted = createCountedMail();
  return {
    directory,
    concurrency: config.exportConcurrency,
    counted: counted.of,
    readProfile: counted.remembering(async (account, signal) => profileOf(await readers.readerOf(account), signal)),
    async limits() {
      const account = await find();
      const learned = account && (await limits.read(projectKeyOf(account)));
      const tier = config.tier === "auto" ? (learned?.tier ?? "2026") : config.tier;
      return {
        tier,
        unitsPerMinute: config.unitsPerMinute ?? learned?.unitsPerMinute ?? UNITS_PER_MINUTE[tier],
        projectUnitsPerMinute: config.projectUnitsPerMinute,
        concurrency: config.exportConcurrency,
      };
    },
  };
}

function keepingFailed(error: unknown): string {
  return failureOf(error)?.message ?? "the file cannot be written.";
}

/** Calls of one account's plan going on at once: twice what may be in flight, so that a turn finds one waiting. */
function callsAtOnce({ maxInFlight }: Config): number {
  return 2 * maxInFlight;
}

/** What `compose` opens, in this order, and closes in the other. */
export const OPENERS = { openState, connect, indexedRecords };

/** Joins ports and adapters for one configuration. Everything opened is closed with `close`, and at once where joining fails. */
export async function compose(config: Config, opening = OPENERS) {
  await using opened = new AsyncDisposableStack();
  const log = createLog(
    config.logLevel,
    process.stderr.isTTY ? forPeople((line) => void process.stderr.write(line)) : undefined,
  );
  const { exportDir, ...folders } = config;
  await tightenFolders(isInBucket(exportDir) ? folders : config);
  const state = opened.use(await opening.openState(config, log));
  const { queue, grants } = state;
  const storage = connectStorage(config, state.holds);
  opened.defer(storage.close);
  const { storages, readDirectory, readProof } = storage;
  const way = opening.connect(config, state);
  opened.defer(way.close);
  const records = opening.indexedRecords(join(config.stateDir, "index"), createReadBatches(storages), clock);
  opened.defer(() => records.close());
  await state.prepare();
  // Whoever signed in is known as Google spells the address, however somebody spells it now.
  const chooseDirectory: ChooseDirectory = async (account, outputDir) => {
    const known = await grants.load(account).catch(() => undefined);
    return storage.choose(known?.account ?? account, outputDir);
  };
  const findFree = findFreeIn(storages, chooseDirectory);
  const tool = `gmail-export ${await version()}`;
  const open = createOpenDirectory(storages, clock, tool, findFree);
  const confirm = createConfirmCurrent(storages, clock, tool);
  const readers = way.readersOf(grants);
  const mailbox = mailboxes(way, readers);

  const signIn = oauthAccounts({
    credentials: way.credentials,
    store: grants,
    pending: state.pendingSignIns,
    clock,
    scopes: config.scopes,
    redirectUri: config.redirectUri.href,
    whoami: async (token, signal) => {
      const project = (await way.credentials()).clientId;
      return (await (await way.mailboxFor("", { token: async () => token, project })).profile(signal)).emailAddress;
    },
  });
  const accounts: Accounts = {
    ...readers.withDelegates(signIn),
    async finish(query, browserKey, signal) {
      const account = await signIn.finish(query, browserKey, signal);
      await queue.signedIn(account); // exports that waited for this go on
      return account;
    },
  };
  const runExport: RunExport = async (request, report, signal) => {
    const source = await mailbox(request.account);
    const directory = await storage.check(request.directory);
    return exportMail({ ...request, directory }, { source, open, confirm, clock }, report, signal);
  };
  const estimateExport = async (request: ExportRequest, signal: AbortSignal, asksSizes: boolean): Promise<Estimate> =>
    estimate(request, await mailbox(request.account), readDirectory, signal, asksSizes);
  const kept = opened.move();
  return {
    config,
    log,
    state,
    storage,
    readDirectory,
    readProof,
    way,
    queue,
    scheduling: createScheduling(queue.schedules, clock, Math.random),
    records,
    grants,
    accounts,
    mailbox,
    domain: connectDomain(config, way, readers),
    exports: {
      run: runExport,
      estimate: estimateExport,
      chooseDirectory,
      mayUseDirectory: ({ account, directory, ...wanted }: ExportRequest) =>
        assertMayUse(storages(directory), { ...wanted, email: account }, findFree),
    },
    close: () => kept.disposeAsync(),
  };
}

type Parts = Awaited<ReturnType<typeof compose>>;

/** One mailbox an account: its pacer must see all of this process's calls. */
function mailboxes({ mailboxFor }: Way, { readerOf }: Readers): (account: string) => Promise<MailboxSource> {
  const known = new Map<string, Promise<MailboxSource>>();
  return (account) => {
    const name = canonicalAccount(account);
    const found = known.get(name);
    if (found) return found;
    const made = readerOf(account).then((reader) => mailboxFor(name, reader));
    known.set(name, made);
    made.catch(() => known.delete(name)); // no credentials yet: looked for again at the next call
    return made;
  };
}

/** What doctor looks at. `state` and `mailbox` are opened only when it comes to them: what is wrong with them is a finding. */
type Examined = Readonly<{
  config: Config;
  state: State;
  storage: ReturnType<typeof connectStorage>;
  problems: readonly SettingProblem[];
  way: Pick<Way, "credentials" | "limits" | "find" | "readersOf" | "directory">;
  mailbox: (account: string) => Promise<MailboxSource>;
  postsTest?: boolean;
}>;

async function examine(
  { config, problems, state, storage, way, mailbox, postsTest }: Examined,
  account: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { grants } = state;
  const { readDirectory, readProof } = storage;
  const isDelegated = async (name: string) => isReadByDelegate(way.readersOf(grants), name);
  const { doctor } = await import("./doctor/doctor.ts");
  const { machine } = await import("./doctor/machine/machine.ts");
  return doctor(
    {
      ...machine,
      ...storage.lookers(machine),
      settings: { ...config, problems },
      proxy: (server) => proxyFor(server, process.env),
      now: clock.now,
      sleep: clock.sleep,
      client: way.credentials,
      learned: way.limits.read,
      signedIn: async () => ({ accounts: await grants.accounts(), stored: (await grants.stored()).length }),
      grant: grants.load,
      profile: async (name, stop) => (await mailbox(name)).profile(stop),
      domain: {
        serviceAccount: way.find,
        isDelegated,
        async token(name, stop) {
          await (await way.readersOf(grants).readerOf(name)).token(undefined, stop);
        },
        async directory(stop) {
          for await (const _ of way.directory.listUsers(stop)) return;
        },
      },
      manifest: async (name) => readDirectory.manifest(await storage.choose(name, undefined)),
      state: state.prepare,
      scheduled: async (stop) => {
        if (!(await state.hasQueue())) return { schedules: 0, alarms: [] };
        return findAlarms({ ...alarmsOf(config, state, readProof, isDelegated), clock }, stop);
      },
      ...(postsTest && {
        async postTest(stop) {
          const { createPostView } = await import("./surfaces/notify/post-notice.ts");
          const { viewOfTest } = await import("./surfaces/notify/notice-view.ts");
          if (config.notifyUrl) await createPostView(config.notifyUrl, clock, proxyOf)(viewOfTest(clock.now()), stop);
        },
      }),
    },
    account,
    signal,
  );
}

/** doctor where nothing runs, and perhaps nothing can: only what it looks at is opened, and nothing is made. */
async function examineAlone(
  settings: Env,
  refusal: ExportError | undefined,
  account: string | undefined,
  postsTest: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { config, problems: malformed } = readSettings(settings, process.cwd());
  const file = refusal ? [{ setting: ".env", problem: `${refusal.failure.message} ${refusal.failure.next}` }] : [];
  const problems = [...malformed, ...file];
  await using state = await openState(config, undefined, { onlyLooks: true });
  const storage = connectStorage(config, state.holds);
  const way = connect(config, state, { onlyLooks: true });
  const mailbox = async (name: string) => mailboxes(way, way.readersOf(state.grants))(name);
  try {
    return await examine({ config, problems, state, storage, way, mailbox, postsTest }, account, signal);
  } finally {
    await storage.close();
    await way.close();
  }
}

/** Runs the server, and where `works` is true its background exports, until the signal aborts; then everything is made durable first. */
async function serve(
  parts: Parts,
  works: boolean,
  onListening: (url: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { config, log, state, way, queue, scheduling, records, accounts, mailbox, domain, exports } = parts;
  const { storage, readDirectory, readProof } = parts;
  const { storages } = storage;
  await storage.assertUsable();
  await queue.counts(); // a list that cannot be kept stops the start
  const { httpServer } = await import("./surfaces/http/server.ts"); // half of the memory a command would take
  const { listen } = await import("./surfaces/http/listen.ts");
  const { machine } = await import("./doctor/machine/machine.ts");
  const { apiKey, host, allowedHosts, trustProxy, redirectUri } = config;
  const app = await httpServer({
    access: { apiKey, host, allowedHosts, trustProxy, redirectUri },
    signIn: {
      accounts,
      setup: async () => {
        const { lookAtSetup } = await import("./doctor/setup.ts");
        return lookAtSetup({
          settings: { ...config, problems: [] },
          client: way.credentials,
          serviceAccount: way.find,
        });
      },
      storeCredentials: (text) => storeCredentials(config.credentialsPath, text, files),
    },
    exports: {
      accounts,
      signInUrl: (account) => new URL(`/auth/gmail?email=${encodeURIComponent(account)}`, redirectUri).href,
      queue,
      chooseDirectory: exports.chooseDirectory,
      directoryIsFree: (path) => assertNotHeld(storages(path)),
      mayUseDirectory: exports.mayUseDirectory,
      readDirectory,
      archive: archiveAsTar,
      resolveLabels: async (account, filter, stop) => resolveLabels(filter, await mailbox(account), stop),
      estimate: exports.estimate,
      verifications: createVerifications(async (directory, online, report, stop) => {
        const email = online ? (await readDirectory.manifest(directory))?.email : undefined;
        const source = email === undefined ? undefined : await mailbox(email);
        return verify(directory, readDirectory, stop, source, report);
      }, clock),
    },
    domain,
    schedules: { scheduling, timeZone: TIME_ZONE },
    mail: { queue, records, contents: createReadRecordContent(storages), readDirectory },
    operations: {
      doctor: (account, stop) => examine({ config, problems: [], state, storage, way, mailbox }, account, stop),
      measures: way.measures,
      readiness: {
        ...storage.lookers(machine),
        queue,
        folders: { EXPORT_DIR: config.exportDir, STATE_DIR: config.stateDir, TOKEN_DIR: config.tokenDir },
      },
      queue,
      alarms: () => readRememberedAlarms(state.alarms),
      lookAtWork: createLookAtWork({ ...domain, queue, clock }),
      lastProven: () => readLastProven(queue, readProof),
    },
    consoleFolder: fileURLToPath(new URL("../public", import.meta.url)),
    version: await version(),
    clock,
    log,
  });
  try {
    const port = await listen(app, config.host, config.port);
    onListening(`http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`);
    await (works ? runExports(parts, signal) : untilStopped(signal));
  } finally {
    await app.close();
  }
}

/** Runs exports, begins those of schedules, and raises alarms, until the signal aborts; then everything is made durable. */
async function runExports(parts: Parts, signal: AbortSignal): Promise<void> {
  const { config, log, way, queue, exports, storage } = parts;
  await storage.assertUsable();
  const run = way.measures.run(exports.run);
  await Promise.all([
    work({ queue, run, concurrency: config.exportConcurrency, clock, log }, signal),
    raiseAlarms(parts, signal),
    followMailboxes(parts, signal),
    runSchedules({ queue, schedules: queue.schedules, clock, random: Math.random, log }, signal),
  ]);
}

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** Tells who is to hear it what is wrong with scheduled exports, until the signal aborts. */
async function raiseAlarms({ config, log, way, state, readProof }: Parts, signal: AbortSignal): Promise<void> {
  const { createPostNotice } = await import("./surfaces/notify/post-notice.ts");
  const post = config.notifyUrl && createPostNotice(config.notifyUrl, clock, proxyOf);
  const readers = way.readersOf(state.grants);
  const watched = alarmsOf(config, state, readProof, (name) => isReadByDelegate(readers, name));
  return watchSchedules({ ...watched, post, clock, log }, signal);
}

/** What it takes to know of alarms. */
function alarmsOf(
  { notifyAfterMs }: Config,
  { queue, grants, alarms }: State,
  readProof: Parts["readProof"],
  isDelegated: (account: string) => Promise<boolean>,
): Pick<WatchPorts, "look" | "memory" | "notifyAfterMs"> {
  const { schedules } = queue;
  return {
    look: (stop) => lookAtSchedules({ schedules, queue, grants, isDelegated, readProof }, stop),
    memory: alarms,
    notifyAfterMs,
  };
}

async function isReadByDelegate({ delegateOf }: Readers, account: string): Promise<boolean> {
  return (await delegateOf(account)) !== undefined;
}

const proxyOf = (server: URL): URL | undefined => proxyFor(server, process.env)?.url;

/** Has exports begin when their mailboxes change, where the settings say so, until the signal aborts. */
async function followMailboxes({ config, log, queue, mailbox, readProof }: Parts, signal: AbortSignal): Promise<void> {
  if (config.liveMinutes === undefined) return;
  const { schedules } = queue;
  const everyMs = config.liveMinutes * 60_000;
  return watchMailboxes({ schedules, mailbox, readProof, accounts: config.liveAccounts, everyMs, clock, log }, signal);
}

/** The demo's stage: the simulator, and our own server that takes it for Google. */
async function setUpDemo(folder: string, messages: number): Promise<Stage> {
  const { simulateGoogle } = await import("../simulator/google.ts");
  const { freePort, writeCredentials } = await import("../simulator/stage.ts");
  const google = await simulateGoogle({ messages });
  const config = readConfig(
    {
      GOOGLE_CREDENTIALS_PATH: await writeCredentials(google.credentials, folder),
      GMAIL_API_URL: google.url,
      GMAIL_UNITS_PER_MINUTE: "1000000000", // the simulator sets no limit here; at Google the pacer keeps to Google's
      GMAIL_PROJECT_UNITS_PER_MINUTE: "1000000000",
      TOKEN_DIR: "tokens",
      STATE_DIR: "state",
      EXPORT_DIR: ".",
      LOG_LEVEL: "warn",
      PORT: String(await freePort()),
    },
    folder,
  );
  const parts = await compose(config);
  const stop = new AbortController();
  let serving: Promise<void> | undefined;
  const serverUrl = await new Promise<string>((resolve, reject) => {
    serving = serve(parts, true, resolve, stop.signal);
    serving.catch(reject);
  });
  return {
    googleUrl: google.url,
    serverUrl,
    account: google.accounts[0]!,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await serving;
      await parts.close();
      await google[Symbol.asyncDispose]();
    },
  };
}

async function version(): Promise<string> {
  const { version: written }: { version: string } = JSON.parse(
    await readFile(new URL("../package.json", import.meta.url), "utf8"),
  );
  return written;
}

/** Runs one command line; resolves with the exit code. */
export async function main(argv: readonly string[], env: Env, signal: AbortSignal): Promise<number> {
  process.report.excludeEnv = true; // a report of a crash would hold API_KEY and the key of the sign-ins
  const terminal = await openTerminal(process.stdin, process.stdout, process.stderr, env["TERM"]);
  const { settings: written, refusal } = await readSettingsFile(".env");
  const settings = { ...written, ...env }; // what is set in the environment wins
  for (const name of SECRET_SETTINGS) delete process.env[name]; // what this program starts, a browser, would be given them
  let parts: Parts | undefined;
  const composeFrom = async (more: Env = {}): Promise<Parts> => {
    if (refusal) throw refusal;
    return (parts = await compose(readConfig({ ...settings, ...more }, process.cwd())));
  };
  try {
    return await runCommand(
      argv,
      {
        version: await version(),
        terminal,
        machine: {
          now: clock.now,
          timeZone: TIME_ZONE,
          program: [process.execPath, fileURLToPath(new URL("../bin/gmail-export.js", import.meta.url))],
          directory: process.cwd(),
        },
        async services() {
          const made = await composeFrom({ LOG_LEVEL: settings["LOG_LEVEL"] ?? "warn" });
          return {
            accounts: made.accounts,
            clientKind: async () => (await made.way.credentials()).kind,
            redirectUri: made.config.redirectUri,
            chooseDirectory: made.exports.chooseDirectory,
            mayUseDirectory: made.exports.mayUseDirectory,
            scheduling: made.scheduling,
            runExport: made.exports.run,
            estimate: made.exports.estimate,
            readDirectory: made.readDirectory,
            openOutput: outputFolders(lock),
            mailbox: made.mailbox,
            domain: made.domain,
            readTextFile: async (path) => decodeTextFile(await readFile(path)),
            rotateKey: made.state.rotateKey,
            clock,
            openBrowser: async (url) => {
              const { default: open } = await import("open");
              await open(url);
            },
            terminal,
          };
        },
        async signedIn() {
          const { config } = readSettings(settings, process.cwd());
          await using state = await openState(config, undefined, { onlyLooks: true });
          const names = await state.grants.stored();
          return names.filter((name) => !/[%~]/.test(name)); // the others are no addresses as they stand, nor shell words
        },
        doctor: (account, stop, postsTest) => examineAlone(settings, refusal, account, postsTest, stop),
        language: languageOf([env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "en"]),
        calledAs: calledAs(process.argv[1], env),
        async serve(port, works, messages) {
          const made = await composeFrom(port === undefined ? {} : { PORT: String(port) });
          await serve(made, works, (url) => terminal.inform(messages.listens(url)), signal);
        },
        async work(messages) {
          const made = await composeFrom();
          await made.queue.counts(); // a list that cannot be kept stops the start
          terminal.inform(messages.works(WORKER, made.config.exportConcurrency));
          await runExports(made, signal);
        },
        async moveState(to) {
          if (refusal) throw refusal;
          return moveStateTo(to, settings, signal);
        },
        async demo(options, messages) {
          const { demo } = await import("./surfaces/cli/commands/demo.ts");
          const readDirectory = createReadDirectory(folderStorage(fileHolds(clock))); // it is on this machine
          return demo({ setUp: setUpDemo, readDirectory, clock, terminal, messages }, options, signal);
        },
      },
      signal,
    );
  } finally {
    await parts?.close();
  }
}
