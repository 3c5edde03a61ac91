import type { LabelReading, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { listAll } from "../list.ts";

/** What a message costs that is not there: it is asked for several times before that is believed. */
const UNITS_GONE = 80;

const LISTED_AT_ONCE = 500;
const UNITS_LISTING = 5;

/**
 * The labels of messages that may be gone, in any order; of a mailbox with about `size` messages. Where that is cheaper, one
 * listing of all mail tells which are there, and only those are read.
 */
export async function* readWhereThere(
  ids: readonly string[],
  size: number,
  source: MailboxSource,
  signal: AbortSignal,
): AsyncGenerator<LabelReading> {
  const isListingCheaper = ids.length * UNITS_GONE > Math.ceil(size / LISTED_AT_ONCE) * UNITS_LISTING;
  if (!isListingCheaper) return yield* source.readLabels(ids, signal);
  const left = new Set(ids);
  const there: string[] = [];
  for await (const page of listAll(source, { query: "", labels: [], includeSpamTrash: true }, null, signal))
    for (const { id } of page) if (left.delete(id)) there.push(id);
  for (const id of left) yield { id, gone: true };
  yield* source.readLabels(there, signal);
}
