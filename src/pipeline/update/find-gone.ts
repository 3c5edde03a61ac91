import type { Filter } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { LabelReading, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { listAll } from "../list.ts";

/** What a message costs that is not there: it is asked for several times before that is believed. */
const UNITS_GONE = 80;

const LISTED_AT_ONCE = 500;
const UNITS_LISTING = 5;

/**
 * The labels of messages that may be gone, in any order; of a mailbox with about `size` messages. Where that is cheaper, one
 * listing of all mail tells which are there, and what is known to go and is not listed is not read. Neither that one was not
 * found nor that it was not listed is a proof by itself: it is gone where two of these three say so; else it could not be read.
 */
export async function* readWhereThere(
  ids: readonly string[],
  size: number,
  isKnownToGo: (id: string) => boolean,
  source: MailboxSource,
  signal: AbortSignal,
): AsyncGenerator<LabelReading> {
  const isListingCheaper = ids.length * UNITS_GONE > Math.ceil(size / LISTED_AT_ONCE) * UNITS_LISTING;
  const listed = isListingCheaper ? await listIds(ids, source, signal) : undefined;
  const isGone = (id: string): boolean => listed !== undefined && !listed.has(id) && isKnownToGo(id);
  for (const id of ids) if (isGone(id)) yield { id, gone: true };
  const notFound: string[] = [];
  const toRead = ids.filter((id) => !isGone(id)); // that a listing alone does not have it may be odd
  for await (const reading of source.readLabels(toRead, signal))
    if (!("gone" in reading) || isKnownToGo(reading.id)) yield reading;
    else notFound.push(reading.id);
  const there = listed ?? (notFound.length > 0 ? await listIds(notFound, source, signal) : new Set());
  for (const id of notFound)
    yield there.has(id) ? { id, failed: "Gmail lists it and does not find it." } : { id, gone: true };
}

async function listIds(ids: readonly string[], source: MailboxSource, signal: AbortSignal): Promise<Set<string>> {
  const refs = await findListed(ids, { query: "", labels: [], includeSpamTrash: true }, source, signal);
  return new Set(refs.map(({ id }) => id));
}

/** Which of these messages a listing names. That it names none at all is believed when it was said twice. */
export async function findListed(
  ids: Iterable<string>,
  filter: Filter,
  source: MailboxSource,
  signal: AbortSignal,
): Promise<Ref[]> {
  const left = new Set(ids);
  const found: Ref[] = [];
  let isEmpty = true;
  for (let round = 0; round < 2 && isEmpty; round += 1)
    for await (const page of listAll(source, filter, null, signal)) {
      isEmpty &&= page.length === 0;
      found.push(...page.filter(({ id }) => left.delete(id)));
    }
  return found;
}
