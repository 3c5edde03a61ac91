import { sameAccount } from "../core/account.ts";
import { failureOf, HoldLost, refuse } from "../core/errors.ts";
import type { ExportRequest, Forecast, Progress } from "../core/export/job.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { ConfirmCurrent, Ended, ExportDirectory, OpenDirectory } from "../core/ports/export-directory.ts";
import type { Cursor, LabelNames, MailboxSource, Reading } from "../core/ports/mailbox-source.ts";
import { spentSince, type Spent } from "../core/quota.ts";
import { completeRecords } from "./complete-records.ts";
import { createForecaster, type Forecaster } from "./forecast.ts";
import { withLabelIds } from "./labels.ts";
import { listAll } from "./list.ts";
import { mapInSteps } from "./map-in-steps.ts";
import { assertSameMailbox } from "./same-mailbox.ts";
import { createFollower, type Follower } from "./update/follow.ts";
import { readLabelNames } from "./update/label-names.ts";
import { settle } from "./update/settle.ts";

/** What an export needs of the world: one account's mail, and directories. */
export type ExportPorts = Readonly<{
  source: MailboxSource;
  open: OpenDirectory;
  /** Left out where a directory is opened whatever is in it. */
  confirm?: ConfirmCurrent;
  clock: Clock;
}>;

/** Mail that came while mail was fetched is fetched too, and what came meanwhile; a mailbox that never rests is left for next time. */
const CATCH_UP_ROUNDS = 10;

/**
 * Brings one account into one directory: list → read → map → write → manifest. Goes on where an earlier run stopped.
 * Throws ExportError when it must stop; everything durable by then stays, and the same call goes on from there.
 */
export async function runExport(
  asked: ExportRequest,
  { source, open, confirm, clock }: ExportPorts,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Manifest> {
  const before = source.spent();
  const spent = (): Spent => spentSince(before, source.spent());
  const askedAt = clock.now();
  const profile = await source.profile(signal);
  assertAccount(asked.account, profile.emailAddress);
  const listedNames = await readLabelNames(source, signal);
  const request = { ...asked, filter: withLabelIds(asked.filter, listedNames) };
  const purpose = { ...request, email: profile.emailAddress };
  const seen = { cursor: profile.cursor.value, names: listedNames, at: askedAt };
  const confirmed = asked.prune ? undefined : await confirm?.(request.directory, purpose, seen, spent, signal);
  if (confirmed) {
    report(progressWhenDone(confirmed));
    return confirmed;
  }
  await using directory = await open(request.directory, purpose, spent, signal);
  if (directory.formerly !== undefined) await assertSameMailbox(directory, source, signal);
  const names = listedNames.size > 0 ? listedNames : directory.labelNames; // no mailbox is without Gmail's own labels
  await directory.useNames(names);
  const { ledger } = directory;
  let forecaster: Forecaster | undefined;
  let completed: Progress["completed"];
  let pruned: Progress["pruned"];
  const reportProgress = (stage: Progress["stage"]): void =>
    report({
      ...progressOf(directory, stage, forecaster?.read() ?? null),
      ...(completed && { completed }),
      ...(pruned && { pruned }),
    });

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
  const completeLacking = async (isDeleted: (id: string) => boolean): Promise<boolean> => {
    await using stack = new AsyncDisposableStack();
    const wasLacking = await completeRecords(
      directory,
      source,
      request.filter,
      isDeleted,
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
    await readPending();
    const { filter, maxEmails } = request;
    const follower = createFollower({ source, directory, clock, filter, maxEmails, names }, cursor);
    const readNew = () => catchUp(directory, follower, readPending, signal);
    await readNew();
    if (markForAnotherTry(directory)) {
      await readPending();
      await readNew(); // trying again takes its time
    }
    const isDeleted = (id: string): boolean => directory.isDeleted(id) || follower.followed().isConfirmedGone(id);
    if (await completeLacking(isDeleted)) {
      await readNew(); // what was deleted meanwhile is told now
      await completeLacking(isDeleted);
      await readNew();
    }
    const followed = follower.followed();
    const { standings, isSettled, unprovenLabels } = await settle(followed, directory, source, signal, asked.prune);
    await directory.update(standings, signal);
    directory.confirmGone(followed.isConfirmedGone);
    directory.leaveUnproven(unprovenLabels);
    if (asked.prune) pruned = await directory.prune(signal);
    reportProgress("verifying");
    const manifest = isSettled ? await directory.commit(standings.cursor, followed.at) : await directory.commit();
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

/** Follows the mailbox, and reads what was added; what came meanwhile, too. */
async function catchUp(
  directory: ExportDirectory,
  follower: Follower,
  readPending: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; round < CATCH_UP_ROUNDS; round += 1) {
    await directory.addRefs(await follower.follow(signal));
    if (directory.ledger.count("pending") === 0) return;
    await readPending();
  }
}

/** What became of a message, with its record where there is one. */
async function mapReading(reading: Reading, names: LabelNames): Promise<Ended> {
  if (reading.outcome !== "read") return reading;
  const { record, guessedCharsets } = await mapInSteps(reading.message, names, reading.original);
  return { outcome: "exported", id: reading.id, record, guessedCharsets };
}

/** Of an export that has all there is. */
function progressWhenDone({ total_emails: exported, gone, batches, quota }: Manifest): Progress {
  return {
    stage: "done",
    listed: exported + gone.length,
    exported,
    gone: gone.length,
    failed: 0,
    batches: batches.length,
    changed: { added: 0, relabelled: 0, deleted: 0 },
    spent: quota,
    forecast: null,
  };
}

function progressOf(
  { ledger, batches, spent, changed }: ExportDirectory,
  stage: Progress["stage"],
  forecast: Forecast | null,
): Progress {
  const changes = changed();
  return {
    ...(changes && { changed: changes }),
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
