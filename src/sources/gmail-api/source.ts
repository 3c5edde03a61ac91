import { failureOf, refuse } from "../../core/errors.ts";
import type { Filter } from "../../core/mail/filter.ts";
import type { Conversation } from "../../core/mail/ref.ts";
import type { Cursor, MailboxSource, Want } from "../../core/ports/mailbox-source.ts";
import type { Pacer } from "../../core/ports/pacer.ts";
import type { GmailClient } from "./calls/client.ts";
import { tellChanges } from "./changes.ts";
import { countCalls } from "./reading/count-calls.ts";
import type { Memory } from "./reading/memory.ts";
import { chargeOf, NO_HINTS, plan, type Call, type Price } from "./reading/plan.ts";
import { readLabels } from "./reading/read-labels.ts";
import { readPending } from "./reading/read-pending.ts";
import { bytesOf, weigh, type Sizes } from "./reading/weigh.ts";

const NAME = "gmail-api";

export type SourcePorts = Readonly<{
  client: GmailClient;
  /** The one that the client's calls go through. */
  pacer: Pacer;
  memory: Memory;
  /** Calls of a plan kept going at once; more than may be in flight, so that there is always one that waits for its turn. */
  width: number;
}>;

/** A mailbox read through the Gmail API. A cursor's value is a `historyId`. */
export function gmailSource({ client, pacer, memory, width }: SourcePorts): MailboxSource {
  const missing = new Set<string>();
  let hints = NO_HINTS;
  let sizes: Sizes | undefined;
  const planned = (pending: Iterable<Conversation>, want: Want) => plan(pending, pacer.charge, want, hints);
  const listed: Price = (method) => pacer.prices[method];
  const unitsOf = (call: Call): number => chargeOf(call, listed);
  const idsOf = async (filter: Filter, signal: AbortSignal): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    for await (const { refs } of pages((token) => client.messagesList(filter, token, signal)))
      for (const { id } of refs) found.add(id);
    return found;
  };
  const cursorAt = (historyId: string): Cursor => ({ source: NAME, value: historyId });
  return {
    name: NAME,
    async profile(signal) {
      const { historyId, ...profile } = await client.getProfile(signal);
      return { ...profile, cursor: cursorAt(historyId) };
    },
    labels: client.labelsList,
    async *list(filter, signal) {
      for await (const { refs } of pages((token) => client.messagesList(filter, token, signal))) yield refs;
    },
    async foresee(filter, want, signal) {
      if (!want.attachments && !want.originals) return;
      // Words side by side must all be met; alternatives are kept together.
      const asked = /\bOR\b|[{}]/.test(filter.query) ? `(${filter.query})` : filter.query;
      try {
        hints = {
          attached:
            want.originals || want.text === false
              ? NO_HINTS.attached // every message comes by itself, with all it has
              : await idsOf({ ...filter, query: `${asked} has:attachment`.trim() }, signal),
          chats: await idsOf({ ...filter, labels: [...filter.labels, "CHAT"] }, signal),
        };
      } catch (error) {
        if (failureOf(error)?.retry !== "never") throw error; // without it all goes on, at a little more
      }
    },
    async weigh(pending, signal) {
      sizes = await weigh(pending, hints.attached, client, signal);
    },
    async cost(pending, want) {
      const counts = countCalls(planned(pending, want), pacer.charge);
      const { likely, from, to, notKnown } = pacer.foresee(counts.toCome);
      const bytes = sizes && bytesOf(sizes, want);
      return {
        calls: counts.calls,
        units: counts.toCome.reduce((sum, { method, count }) => sum + count * pacer.prices[method], 0),
        minutes: notKnown.length > 0 ? [from, to] : likely,
        likelyMinutes: likely,
        notKnown,
        ...(bytes !== undefined && { bytes }),
      };
    },
    read: (pending, want, signal, keep) =>
      readPending(
        { client, memory, width, missing, keep, unitsOf, price: pacer.charge },
        planned(pending, want),
        want,
        signal,
      ),
    async *changes(since, signal) {
      if (since.source !== NAME)
        throw refuse("not_found", "This place in the history is not one of Gmail's.", "Start the export again.");
      const history = pages((token) => client.historyList(since.value, token, signal));
      yield* tellChanges(history, since.value, (value) => ({ change: "cursor", cursor: cursorAt(value) }));
    },
    readLabels: (ids, signal) => readLabels({ client, width, missing }, ids, signal),
    spent: pacer.spent,
    pace: pacer.pace,
  };
}

/** Pages until one names no next: an empty page may. Page tokens that go in a circle would never end. */
async function* pages<Page extends Readonly<{ nextPageToken: string | undefined }>>(
  read: (pageToken: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let pageToken: string | undefined;
  do {
    const page = await read(pageToken);
    yield page;
    pageToken = page.nextPageToken;
    if (pageToken === undefined) return;
    if (seen.has(pageToken))
      throw refuse(
        "page_token_invalid",
        "Gmail's listing leads back to a page it has already given.",
        "Start the export again: it lists anew and keeps everything it has.",
      );
    seen.add(pageToken);
  } while (true);
}
