import { join } from "node:path";

import { simulateGoogle, type SimulatedGoogle, type SimulatorOptions } from "../simulator/google.ts";
import { writeCredentials } from "../simulator/stage.ts";
import type { Format } from "../src/core/export/format.ts";
import type { ExportRequest, Progress } from "../src/core/export/job.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { MailboxSource } from "../src/core/ports/mailbox-source.ts";
import { accessToken } from "../src/google/access-token.ts";
import { accounts } from "../src/google/accounts.ts";
import { readCredentials } from "../src/google/credentials.ts";
import { createConfirmCurrent } from "../src/pipeline/directory/confirm-current.ts";
import { createOpenDirectory } from "../src/pipeline/directory/open-directory.ts";
import { runExport } from "../src/pipeline/export.ts";
import { gmailClient } from "../src/sources/gmail-api/calls/client.ts";
import { createHttp } from "../src/sources/gmail-api/calls/http.ts";
import { createPacer } from "../src/sources/gmail-api/pace/pacer.ts";
import { createMemory } from "../src/sources/gmail-api/reading/memory.ts";
import { gmailSource } from "../src/sources/gmail-api/source.ts";
import { keyInFile } from "../src/state/embedded/grants/key-in-file.ts";
import { sealedGrants } from "../src/state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../src/state/embedded/pending-sign-ins.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import type { FileSystem } from "../src/storage/folder/file-system.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { fileLock } from "../src/storage/folder/lock.ts";
import { filesOnDisk as files } from "../src/storage/folder/private-files.ts";
import { openGateway, type Gateway } from "./gateway.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { projectBudget } from "./project-budget.ts";
import { seededRandom } from "./random.ts";
import { scratchFolder } from "./scratch.ts";

const ADA = "ada@example.com";
const UNLIMITED = 1e9;
const MEMORY = 96 << 20;

/** Real milliseconds for the sockets of this machine before time jumps on. */
const SETTLE_MS = 2;

/** Real ones again: how long a silent server is listened to. A busy machine is silent for a while, too. */
const HANG_MS = 1_500;

export type InProcess = AsyncDisposable &
  Readonly<{
    google: SimulatedGoogle;
    /** The way to Gmail; the token endpoint is reached without it. */
    gateway: Gateway;
    clock: ManualClock;
    source: MailboxSource;
    /** Of the export. */
    directory: string;
    signIn(): Promise<void>;
    /** Gmail refuses connections for so long. */
    awayFor(ms: number): Promise<void>;
    /** Runs the one export of this world, from where it stands, while time jumps. */
    run(
      onProgress?: (progress: Progress) => void,
      signal?: AbortSignal,
      into?: {
        directory?: string;
        files?: FileSystem;
        attachments?: boolean;
        was?: string;
        prune?: boolean;
        formats?: readonly Format[];
      },
    ): Promise<Manifest>;
  }>;

/** The program's parts joined as `main.ts` does, against a simulated Google, on a clock that jumps; Ada is signed in. */
export async function inProcess(
  options: SimulatorOptions = {},
  changes: Partial<Pick<ExportRequest, "filter" | "batchSize" | "attachments" | "formats">> = {},
): Promise<InProcess> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const clock = manualClock();
  const google = stack.use(await simulateGoogle({ messages: 250, clock: () => Math.floor(clock.now()), ...options }));
  const gateway = stack.use(await openGateway(google.url));
  const http = createHttp(gateway.url, clock, { headersMs: HANG_MS, idleMs: HANG_MS });
  stack.defer(http.close);

  const path = await writeCredentials(google.credentials, folder.path);
  const credentials = () => readCredentials(path);
  const lock = fileLock(clock);
  const store = sealedGrants(join(folder.path, "tokens"), keyInFile(join(folder.path, "key"), files).keys, lock, files);
  const people = accounts({
    credentials,
    store,
    clock,
    scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
    redirectUri: "http://localhost:8000/auth/callback",
    pending: pendingSignIns(clock),
    whoami: async () => ADA,
  });
  const signIn = async (): Promise<void> => {
    const { url, browserKey } = await people.begin(ADA);
    const consent = await fetch(url, { redirect: "manual" });
    const query = Object.fromEntries(new URL(consent.headers.get("location")!).searchParams);
    await people.finish(query, browserKey, new AbortController().signal);
  };

  const project = projectBudget(clock, UNLIMITED);
  const pacer = createPacer({ clock, tier: "auto", unitsPerMinute: UNLIMITED, maxInFlight: 10, project });
  const token = accessToken(ADA, { credentials, store, clock, random: seededRandom(5) });
  const client = gmailClient({ http, accessToken: token, pacer, clock, random: seededRandom(3) });
  const source = gmailSource({ client, pacer, memory: createMemory(MEMORY), width: 20 });
  const directory = join(folder.path, "export");
  const request = { account: ADA, directory, maxEmails: null, batchSize: 60, filter: EVERYTHING, ...changes };

  await signIn();
  const ours = stack.move();
  return {
    google,
    gateway,
    clock,
    source,
    directory,
    signIn,
    async awayFor(ms) {
      await gateway.shut();
      await clock.sleep(ms);
      await gateway.open();
    },
    run: (onProgress = () => {}, signal = new AbortController().signal, into = {}) => {
      const storages = folderStorage(fileHolds(clock), into.files);
      const open = createOpenDirectory(storages, clock, "gmail-export test");
      const confirm = createConfirmCurrent(storages, clock, "gmail-export test");
      const { files: _, ...rest } = into;
      const asked = { ...request, ...rest };
      return clock.run(runExport(asked, { source, open, confirm, clock }, onProgress, signal), SETTLE_MS);
    },
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}
