import { sameAccount } from "../core/account.ts";
import { failureOf, HoldLost, refuse } from "../core/errors.ts";
import type { ExportRequest, Forecast, Progress } from "../core/export/job.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { Ref } from "../core/mail/ref.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Ended, ExportDirectory, OpenDirectory } from "../core/ports/export-directory.ts";
import type { Cursor, LabelNames, MailboxSource, Reading } from "../core/ports/mailbox-source.ts";
import { spentSince } from "../core/quota.ts";
import { completeRecords } from "./complete-records.ts";
import { createForecaster, type Forecaster } from "./forecast.ts";
import { withLabelIds } from "./labels.ts";
import { listAll } from "./list.ts";
import { mapInSteps } from "./map-in-steps.ts";
import { assertSameMailbox } from "./same-mailbox.ts";

/** What an export needs of the world: one account's mail, and directories. */
export type ExportPorts = Readonly<{ source: MailboxSource; open: OpenDirectory; clock: Clock }>;

/** Mail that came while mail was fetched is fetched too, and what came meanwhile; a mailbox that never rests is left for next time. */
const CATCH_UP_ROUNDS = 10;

/**
 * Brings one account into one directory: list → read → map → write → manifest. Goes on where an earlier run stopped.
 * Throws ExportError when it must stop; everything durable by then stays, and the same call goes on from there.
 */
export async function runExport(
  asked: ExportRequest,
  { source, open, clock }: ExportPorts,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Manifest> {
  const before = source.spent();
  const profile = await source.profile(signal);
  assertAccount(asked.account, profile.emailAddress);
  const names = await source.labels(signal);
  const request = { ...asked, filter: withLabelIds(asked.filter, names) };
  const purpose = { ...request, email: profile.emailAddress };
  await using directory = await open(request.directory, purpose, () => spentSince(before, source.spent()), signal);
  if (directory.formerly !== undefined) await assertSameMailbox(directory, source, signal);
  const { ledger } = directory;
  let forecaster: Forecaster | undefined;
  let completed: Progress["completed"];
  const reportProgress = (stage: Progress["stage"]): void =>
    report({ ...progressOf(directory, stage, forecaster?.read() ?? null), ...(completed && { completed }) });

  const readPending = async (): Promise<void> => {
    const { want, keep } = directory;
    const { units: planned } = await source.cost(ledger.pending(), want);
    forecaster = createForecaster(planned, source.pace, clock);
    await using _ = keepReporting(() => reportProgress("fetching"), clock);
    for await (const { ended, units } of source.read(ledger.pending(), want, signal, keep)) {
      for (const reading of ended) await directory.write([await mapReading(reading, names)]);
      forecaster.done(units, ended.length);
      reportProgress("fetching");
    }
    forecaster = undefined;
    await directory.checkpoint();
  };

  /** What was not to be had the first time is asked for once more at the end. False where nothing was lacking. */
  const completeLacking = async (isLast: boolean): Promise<boolean> => {
    await using stack = new AsyncDisposableStack();
    const wasLacking = await completeRecords(
      directory,
      source,
      request.filter,
      isLast,
      (units, messages) => {
        completed = { done: 0, of: messages };
        forecaster = createForecaster(units, source.pace, clock);
        reportProgress("fetching");
        stack.use(keepReporting(() => reportProgress("fetching"), clock));
      },
      (units, messages) => {
        if (completed) completed = { ...completed, done: completed.done + messages };
        forecaster?.done(units, messages);
        reportProgress("fetching");
      },
      signal,
    );
    forecaster = undefined;
    return wasLacking;
  };

  try {
    reportProgress("listing");
    const cursor =
      directory.listedAt === undefined
        ? await listing(request, source, directory, profile.cursor, reportProgress, signal)
        : { source: source.name, value: directory.listedAt };
    reportProgress("fetching");
    if (ledger.count("pending") > 0) await source.foresee(request.filter, directory.want, signal);
    const readNew = (since: Cursor) => catchUp(request, source, directory, since, readPending, signal);
    await readPending();
    let caughtUpTo = await readNew(cursor);
    if (markForAnotherTry(directory)) {
      await readPending();
      caughtUpTo = await readNew(caughtUpTo); // trying again takes its time
    }
    if (await completeLacking(false)) {
      await completeLacking(true);
      caughtUpTo = await readNew(caughtUpTo);
    }
    reportProgress("verifying");
    const manifest = await directory.commit(caughtUpTo.value);
    reportProgress("done");
    return manifest;
  } catch (error) {
    // What came before the stop is kept. Nothing more is written where the disk is what stopped us, nor where the hold was lost.
    const isLost = error instanceof HoldLost || signal.reason instanceof HoldLost;
    if (!isLost && failureOf(error)?.code !== "disk") await directory.checkpoint();
    reportProgress("fetching");
    throw error;
  }
}

/** How often progress is reported while no message ends: the time goes on, and Google may have begun to refuse. */
const REPORT_EVERY_MS = 500;

/** Reports every `REPORT_EVERY_MS` until it is disposed of. */
function keepReporting(report: () => void, clock: Clock): AsyncDisposable {
  const over = new AbortController();
  const reporting = (async () => {
    for (;;) {
      await clock.sleep(REPORT_EVERY_MS, over.signal);
      report();
    }
  })().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await reporting;
    },
  };
}

/**
 * What failed is tried once more at the end, and what was listed and then not found is looked for once more: an answer may
 * be wrong for a while. False when there is neither.
 */
function markForAnotherTry({ ledger }: ExportDirectory): boolean {
  const again = [...ledger.ids("failed"), ...ledger.idsListed("gone")];
  for (const id of again) ledger.mark(id, "pending");
  return again.length > 0;
}

function assertAccount(asked: string, found: string): void {
  if (!sameAccount(asked, found))
    throw refuse(
      "wrong_account",
      "The grant stored for this account opens another mailbox.",
      "Sign out of this account and sign in again, choosing the right account on Google's page.",
    );
}

/** Lists from the beginning, durably. The cursor is older than the listing, so nothing falls between the two. */
async function listing(
  request: ExportRequest,
  source: MailboxSource,
  directory: ExportDirectory,
  cursor: Cursor,
  reportProgress: (stage: Progress["stage"]) => void,
  signal: AbortSignal,
): Promise<Cursor> {
  await directory.beginListing(cursor.value);
  for await (const refs of listAll(source, request.filter, request.maxEmails, signal)) {
    await directory.addRefs(refs);
    reportProgress("listing");
  }
  await directory.endListing();
  return cursor;
}

/**
 * Reads what was added since the cursor; resolves with the cursor after it. The newest `maxEmails` were asked for at one
 * moment: then nothing is added to them.
 */
async function catchUp(
  request: ExportRequest,
  source: MailboxSource,
  directory: ExportDirectory,
  cursor: Cursor,
  readPending: () => Promise<void>,
  signal: AbortSignal,
): Promise<Cursor> {
  if (request.maxEmails !== null) return cursor;
  let since = cursor;
  for (let round = 0; round < CATCH_UP_ROUNDS; round += 1) {
    since = await addNewRefs(since, request, source, directory, signal);
    if (directory.ledger.count("pending") === 0) break;
    await readPending();
  }
  return since;
}

/** Adds the refs of messages that came since the cursor; resolves with the cursor after them. */
async function addNewRefs(
  since: Cursor,
  { filter }: ExportRequest,
  source: MailboxSource,
  directory: ExportDirectory,
  signal: AbortSignal,
): Promise<Cursor> {
  // What was found to be gone in this run is looked for at its end: named once more, it is not asked for at every round.
  const isNew = ({ id }: Ref): boolean => directory.ledger.outcome(id) === undefined;
  const filtered = filter.query !== "" || filter.labels.length > 0;
  if (!filtered) {
    try {
      let cursor = since;
      const refs: Ref[] = [];
      for await (const change of source.changes(since, signal)) {
        if (change.change === "cursor") cursor = change.cursor;
        else if (change.change === "added" && (filter.includeSpamTrash || !isSpamOrTrash(change.labelIds)))
          refs.push(change.ref);
      }
      await directory.addRefs(refs.filter(isNew));
      return cursor;
    } catch (error) {
      if (!isHistoryFailure(error)) throw error;
    }
  }
  // History knows no queries, and forgets after a week or so: a new listing knows everything, at 5 units per 500.
  const { cursor } = await source.profile(signal);
  for await (const page of listAll(source, filter, null, signal)) await directory.addRefs(page.filter(isNew));
  return cursor;
}

function isSpamOrTrash(labelIds: readonly string[]): boolean {
  return labelIds.includes("SPAM") || labelIds.includes("TRASH");
}

/** The cursor has expired, or a page of it, or this history cannot be read: none of that needs to stop an export. */
function isHistoryFailure(error: unknown): boolean {
  const failure = failureOf(error);
  if (failure?.retry === "backoff") return failure.outage !== true;
  return failure !== undefined && HISTORY_FAILURES.has(failure.code);
}

const HISTORY_FAILURES: ReadonlySet<string> = new Set(["not_found", "page_token_invalid", "bad_request", "forbidden"]);

/** What became of a message, with its record where there is one. */
async function mapReading(reading: Reading, names: LabelNames): Promise<Ended> {
  if (reading.outcome !== "read") return reading;
  const { record, guessedCharsets } = await mapInSteps(reading.message, names, reading.original);
  return { outcome: "exported", id: reading.id, record, guessedCharsets };
}

function progressOf(
  { ledger, batches, spent }: ExportDirectory,
  stage: Progress["stage"],
  forecast: Forecast | null,
): Progress {
  return {
    stage,
    listed: ledger.size,
    exported: ledger.count("exported"),
    gone: ledger.count("gone"),
    failed: ledger.count("failed"),
    batches: batches.length,
    spent: spent(),
    forecast,
  };
}
