import { setImmediate as breathe } from "node:timers/promises";

import { sameAccount } from "../core/account.ts";
import type { Ended, ExportDirectory, OpenDirectory } from "../core/directory.ts";
import { failureOf, refuse, type Failure } from "../core/errors.ts";
import type { ExportRequest, Forecast, Progress } from "../core/job.ts";
import type { Message } from "../core/mail.ts";
import type { Call, LabelNames, MailboxSource } from "../core/mailbox.ts";
import type { Manifest } from "../core/manifest.ts";
import type { Clock } from "../core/ports.ts";
import { spentSince, type Pacer } from "../core/quota.ts";
import { createForecaster, type Forecaster } from "./forecast.ts";
import { listAll } from "./list.ts";
import { costOf, plan } from "./plan.ts";
import { inOrder } from "./pool.ts";
import { toRecord } from "../formats/to-record.ts";
import { witnessed } from "./witness.ts";

/** What an export needs of the world: one account's mail, what reading it costs and has cost, and directories. */
export type ExportPorts = Readonly<{
  source: MailboxSource;
  /** The one that the source's calls go through. */
  pacer: Pacer;
  /** Calls kept going at once. */
  width: number;
  open: OpenDirectory;
  clock: Clock;
}>;

/** Text of which each step, decoding it and writing it as JSON, may take a good part of a second. */
const LARGE_CHARACTERS = 1 << 20;

/** Mail that came while mail was fetched is fetched too, and what came meanwhile; a mailbox that never rests is left for next time. */
const CATCH_UP_ROUNDS = 10;

/**
 * Brings one account into one directory: list → plan → pace → get → map → write → manifest. Goes on where an earlier
 * run stopped. Throws ExportError when it must stop; everything durable by then stays, and the same call goes on from there.
 */
export async function runExport(
  request: ExportRequest,
  { source, pacer, width, open, clock }: ExportPorts,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Manifest> {
  const before = pacer.spent();
  const profile = await source.profile(signal);
  mustBe(request.account, profile.emailAddress);
  const purpose = { ...request, email: profile.emailAddress };
  await using directory = await open(request.directory, purpose, () => spentSince(before, pacer.spent()), signal);
  const { ledger } = directory;
  let forecaster: Forecaster | undefined;
  const say = (stage: Progress["stage"]): void => report(progressOf(directory, stage, forecaster?.read() ?? null));

  const bring = async (names: LabelNames, from = source): Promise<void> => {
    const { prices } = pacer;
    forecaster = createForecaster(costOf(plan(ledger.pending(), prices), prices).units, pacer.pace, clock);
    const get = async (call: Call, limit: AbortSignal): Promise<{ call: Call; ended: Ended[] }> => {
      const ended = await fetchCall(from, call, names, limit).catch((error: unknown) => {
        if (!isOutage(failureOf(error))) throw error;
        return fetchCall(witnessed(source), call, names, limit); // or was it the only call that was made?
      });
      return { call, ended };
    };
    for await (const { call, ended } of inOrder(plan(ledger.pending(), prices), width, get, signal)) {
      await directory.write(ended);
      forecaster.done(prices[call.method], ended.length);
      say("fetching");
    }
    forecaster = undefined;
    await directory.checkpoint();
  };

  try {
    say("listing");
    const names = await source.labels(signal);
    const cursor = directory.listedAt ?? (await listing(request, source, directory, profile.historyId, say, signal));
    say("fetching");
    const bringNew = (since: string) => catchUp(request, source, directory, since, () => bring(names), signal);
    await bring(names);
    const caughtUpTo = await bringNew(cursor);
    if (ledger.count("failed") > 0) {
      for (const id of ledger.ids("failed")) ledger.mark(id, "pending");
      await bring(names, witnessed(source));
      await bringNew(caughtUpTo); // trying again takes its time
    }
    say("verifying");
    const manifest = await directory.commit();
    say("done");
    return manifest;
  } catch (error) {
    // What came before the stop is kept; if the disk is what stopped us, there is nothing more to write.
    if (failureOf(error)?.code !== "disk") await directory.checkpoint();
    say("fetching");
    throw error;
  }
}

function mustBe(asked: string, found: string): void {
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
  cursor: string,
  say: (stage: Progress["stage"]) => void,
  signal: AbortSignal,
): Promise<string> {
  await directory.beginListing(cursor);
  for await (const refs of listAll(source, request.filter, request.maxEmails, signal)) {
    await directory.addRefs(refs);
    say("listing");
  }
  await directory.endListing();
  return cursor;
}

/**
 * Replays what was added since the cursor; resolves with the cursor after it. The newest `maxEmails` were asked for at one
 * moment: then nothing is added to them.
 */
async function catchUp(
  request: ExportRequest,
  source: MailboxSource,
  directory: ExportDirectory,
  cursor: string,
  bring: () => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  if (request.maxEmails !== null) return cursor;
  let since = cursor;
  for (let round = 0; round < CATCH_UP_ROUNDS; round += 1) {
    const before = directory.ledger.size;
    since = await addWhatCame(since, request, source, directory, signal);
    if (directory.ledger.size === before) break;
    await bring();
  }
  return since;
}

/** Adds the refs of what came since the cursor; resolves with the cursor after them. */
async function addWhatCame(
  cursor: string,
  { filter }: ExportRequest,
  source: MailboxSource,
  directory: ExportDirectory,
  signal: AbortSignal,
): Promise<string> {
  const filtered = filter.query !== "" || filter.labels.length > 0;
  if (!filtered) {
    try {
      const { refs, historyId } = await witnessed(source).added(cursor, signal);
      const wanted = ({ labelIds }: { labelIds: readonly string[] }): boolean =>
        filter.includeSpamTrash || !labelIds.some((label) => label === "SPAM" || label === "TRASH");
      await directory.addRefs(refs.filter(wanted));
      return historyId;
    } catch (error) {
      // The cursor has expired, or a page of it, or this history cannot be read: none of that needs to stop an export.
      const failure = failureOf(error);
      if (failure?.code !== "page_token_invalid") endOf(error);
    }
  }
  // History knows no queries, and forgets after a week or so: a new listing knows everything, at 5 units per 500.
  const { historyId } = await source.profile(signal);
  for await (const page of listAll(source, filter, null, signal)) await directory.addRefs(page);
  return historyId;
}

/** Carries out one call of the plan. Every wanted message of it ends, one way or another. */
async function fetchCall(source: MailboxSource, call: Call, names: LabelNames, signal: AbortSignal): Promise<Ended[]> {
  if (call.method === "messages.get") return [await fetchMessage(source, call.id, names, signal)];
  const found = new Map<string, Message>();
  try {
    for (const message of await source.thread(call.threadId, signal)) found.set(message.id, message);
  } catch (error) {
    endOf(error); // a conversation that is gone or cannot be read is asked for message by message
  }
  const end = async (id: string): Promise<Ended> => {
    const message = found.get(id);
    return message ? await exported(message, names) : await fetchMessage(source, id, names, signal);
  };
  return Promise.all(call.ids.map(end));
}

async function fetchMessage(source: MailboxSource, id: string, names: LabelNames, signal: AbortSignal): Promise<Ended> {
  try {
    const message = await source.message(id, signal);
    if (message.id === id) return await exported(message, names);
    return { outcome: "failed", id, reason: "Gmail answered with another message.", attempts: 1 };
  } catch (error) {
    const failure = endOf(error);
    if (failure.code === "not_found") return { outcome: "gone", id };
    return { outcome: "failed", id, reason: failure.message, attempts: attemptsOf(failure) };
  }
}

function attemptsOf(failure: Failure): number {
  return failure.retry === "backoff" ? (failure.attempts ?? 1) : 1;
}

async function exported(message: Message, names: LabelNames): Promise<Ended> {
  const record = toRecord(message, names);
  const { plain, html } = record.Body;
  if (plain.length + html.length > LARGE_CHARACTERS) await breathe(); // what asks the server meanwhile has a turn
  return { outcome: "exported", id: message.id, record };
}

/** The failure, when it is this message's own; anything that concerns the whole account, or is a defect, is thrown on. */
function endOf(error: unknown): Failure {
  const failure = failureOf(error);
  const own = failure?.code === "not_found" || failure?.code === "bad_request" || failure?.retry === "backoff";
  if (!failure || !own || isOutage(failure)) throw error;
  return failure;
}

function isOutage(failure: Failure | undefined): boolean {
  return failure?.retry === "backoff" && failure.outage === true;
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
