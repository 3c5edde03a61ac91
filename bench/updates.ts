import { systemClock } from "../src/clock.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { verify } from "../src/pipeline/verify.ts";
import { inProcess, type InProcess } from "../test/in-process.ts";
import { readDirectory } from "../test/on-disk.ts";
import { count, table } from "./markdown.ts";

/** What a run, or a check, came to. */
type Run = Readonly<{ what: string; units: number; reads: number; seconds: number }>;

/** Units a minute of the 2026 tier. */
const UNITS_PER_MINUTE = 6_000;

const BATCH_SIZE = 5_000;
const LABELS = 20;

/** Real milliseconds for the sockets of this machine before time jumps on. */
const SETTLE_MS = 2;

/** Of each kind of change; there are five. */
const CHANGES = 20;

/**
 * Runs that bring an export of so many messages up to date: with nothing new, with a hundred changes, with a hundred more of
 * which Gmail has forgotten the history, and with a deleted label, told and forgotten; and a check against the mailbox. A table in Markdown. Throws where one of
 * them did not end as it should.
 */
export async function measureUpdates(messages: number, progress: (text: string) => void): Promise<string> {
  await using w = await inProcess({ messages, messagesPerThread: 3, bodyBytes: 300 }, { batchSize: BATCH_SIZE });
  prepareLabels(w);
  const runs: Run[] = [];
  const measure = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    w.google.meter.reset();
    const begun = systemClock.now();
    const result = await work();
    const { units, calls } = w.google.meter;
    const reads = (calls["messages.get"] ?? 0) + (calls["threads.get"] ?? 0);
    runs.push({ what, units, reads, seconds: (systemClock.now() - begun) / 1_000 });
    progress(`updates: ${what}`);
    return result;
  };
  const update = (what: string) => measure(what, () => w.run().then(assertComplete));
  await update("the first export");
  await update("nothing new");
  changeAHundred(w);
  await update("100 changes");
  await update("nothing new after that");
  changeAHundred(w);
  w.google.mailbox().expireHistory();
  await update("100 changes whose history has expired");
  const most = removeLargestLabel(w);
  await update(`a deleted label, which ${count(most)} messages had`);
  changeAHundred(w);
  const next = removeLargestLabel(w);
  w.google.mailbox().expireHistory();
  await update(`100 changes and a deleted label, which ${count(next)} messages had, whose history has expired`);
  const check = () =>
    w.clock.run(verify(w.directory, readDirectory, new AbortController().signal, w.source), SETTLE_MS);
  const { sound, findings } = await measure("`verify --online`", check);
  if (!sound) throw new Error(`the export is not what the mailbox is: ${JSON.stringify(findings.slice(0, 5))}`);
  const head = ["", "units", "reads of mail", "seconds at 6,000 units a minute", "seconds of work here"];
  return table(
    head,
    runs.map(({ what, units, reads, seconds }) => [
      what,
      count(units),
      count(reads),
      count((units / UNITS_PER_MINUTE) * 60, 1),
      count(seconds, 1),
    ]),
  );
}

/** Twenty labels, each of which Gmail lists by; a message has four of them at the most. */
function prepareLabels({ google }: InProcess): void {
  const mailbox = google.mailbox();
  while (mailbox.labels().length < LABELS) mailbox.makeLabel(`Label ${mailbox.labels().length}`);
  const listed = new Set(mailbox.labels().map(({ id }) => id));
  for (const id of mailbox.ids())
    mailbox.setLabels(
      id,
      mailbox.labelIds(id).filter((label) => listed.has(label)),
    );
}

/** Deletes that label of people's own which most messages have, as Gmail does: it is off all of them, and no history tells. */
function removeLargestLabel({ google }: InProcess): number {
  const mailbox = google.mailbox();
  const all = mailbox.ids().flatMap((id) => mailbox.labelIds(id).filter((label) => label.startsWith("Label_")));
  const [id, members] = [...Map.groupBy(all, (label) => label)].reduce((a, b) => (b[1].length > a[1].length ? b : a));
  mailbox.removeLabel(id);
  return members.length;
}

/** Of each kind as many, all over the mailbox: mail that comes, is relabelled, trashed, deleted, or read. */
function changeAHundred({ google }: InProcess): void {
  const mailbox = google.mailbox();
  const ids = mailbox.ids().filter((id) => !mailbox.labelIds(id).includes("TRASH"));
  const step = Math.floor(ids.length / (CHANGES * 4));
  const own = mailbox.labels().find(({ id }) => id.startsWith("Label_"))!.id;
  for (let at = 0; at < CHANGES; at += 1) {
    const take = (one: number): string => ids[(at * 4 + one) * step]!;
    const [relabelled, trashed, deleted, read] = [take(0), take(1), take(2), take(3)] as const;
    mailbox.setLabels(relabelled, [...new Set([...mailbox.labelIds(relabelled), "STARRED", own])]);
    mailbox.moveTo(trashed, "TRASH");
    mailbox.remove(deleted);
    const isUnread = mailbox.labelIds(read).includes("UNREAD");
    const others = mailbox.labelIds(read).filter((label) => label !== "UNREAD");
    mailbox.setLabels(read, isUnread ? others : [...others, "UNREAD"]);
    mailbox.add({ labelIds: ["INBOX", "UNREAD"] });
  }
}

function assertComplete({ complete }: Manifest): void {
  if (!complete) throw new Error("the export is not complete");
}
