import { createLedger } from "../../src/core/export/ledger.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import type { Clock } from "../../src/core/ports/clock.ts";
import type { OpenDirectory } from "../../src/core/ports/export-directory.ts";
import { TEXT_ALONE } from "../../src/core/ports/mailbox-source.ts";
import { NOTHING_SPENT } from "../../src/core/quota.ts";
import { Secret } from "../../src/core/secret.ts";
import { runExport } from "../../src/pipeline/export.ts";
import { gmailClient } from "../../src/sources/gmail-api/calls/client.ts";
import type { Http } from "../../src/sources/gmail-api/calls/http.ts";
import { createPacer, type Learned, type PacerOptions } from "../../src/sources/gmail-api/pace/pacer.ts";
import { createMemory } from "../../src/sources/gmail-api/reading/memory.ts";
import { gmailSource } from "../../src/sources/gmail-api/source.ts";
import { projectBudget } from "../../test/project-budget.ts";
import { seeded } from "../../test/quota-server.ts";
import { ACCOUNT } from "./virtual-gmail.ts";

/** The settings' default (src/config.ts). */
const MAX_IN_FLIGHT = 10;

export type OurRun = Readonly<{ brought: number; learned: Learned | undefined }>;

/** A whole export as src/main.ts puts it together, but for the sign-in and the disk. */
export async function ourWay(http: Http, clock: Clock, settings: Partial<PacerOptions> = {}): Promise<OurRun> {
  let learned: Learned | undefined;
  const pacer = createPacer({
    clock,
    tier: "auto",
    maxInFlight: MAX_IN_FLIGHT,
    project: projectBudget(clock, settings.unitsPerMinute),
    onLearned: (now) => void (learned = now),
    ...settings,
  });
  const accessToken = async (): Promise<Secret> => new Secret("ya29.bench");
  const client = gmailClient({ http, accessToken, pacer, clock, random: seeded(13) });
  const source = gmailSource({ client, pacer, memory: createMemory(96 << 20), width: 2 * MAX_IN_FLIGHT });
  const request = { account: ACCOUNT, directory: "", maxEmails: null, batchSize: 5_000, filter: EVERYTHING };
  const ports = { source, open: openNothing, clock };
  const manifest = await runExport(request, ports, () => {}, new AbortController().signal);
  return { brought: manifest.total_emails, learned };
}

const nothingToKeep = (): Promise<never> => Promise.reject(new Error("only text is measured here"));

/** A directory that knows what it was given and keeps none of it. */
const openNothing: OpenDirectory = async (_path, { email, filter, maxEmails }) => {
  const ledger = createLedger();
  return {
    ledger,
    listedAt: undefined,
    batches: [],
    formerly: undefined,
    want: TEXT_ALONE,
    keep: { attachment: nothingToKeep, original: nothingToKeep },
    spent: () => NOTHING_SPENT,
    beginListing: async () => {},
    addRefs: async (refs) => refs.forEach((ref) => ledger.add(ref)),
    endListing: async () => {},
    write: async (ended) => ended.forEach(({ id, outcome }) => ledger.mark(id, outcome)),
    checkpoint: async () => {},
    findLacking: async () => ({ batches: 0, count: 0, messages: () => [], want: TEXT_ALONE, hasChats: false }),
    complete: async () => {},
    followedTo: undefined,
    isDeleted: () => false,
    isConfirmedGone: () => false,
    confirmGone: () => {},
    unprovenLabels: new Set(),
    leaveUnproven: () => {},
    changed: () => undefined,
    labelNames: new Map(),
    knownLabels: new Set(),
    useNames: async () => {},
    findCarriers: async () => new Map(),
    update: async () => {},
    prune: async () => ({ messages: 0, files: 0, bytes: 0 }),
    commit: async () => ({
      version: 1,
      email,
      complete: ledger.count("pending") === 0,
      total_emails: ledger.count("exported"),
      total_batches: 0,
      max_emails: maxEmails,
      export_date: "",
      duration_seconds: 0,
      filter,
      batches: [],
      failed: [],
      gone: [],
      replacementCharacters: 0,
      historyId: "1",
      quota: NOTHING_SPENT,
      tool: "bench",
    }),
    [Symbol.asyncDispose]: async () => {},
  };
};
