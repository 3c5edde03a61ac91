import type { Manifest } from "../../core/export/manifest.ts";
import { isFiltered } from "../../core/mail/filter.ts";
import type { Profile } from "../../core/ports/mailbox-source.ts";

/** How many messages are not exported yet; where `isAtMost`, those among them that the export leaves out, too. */
export type Left = Readonly<{ messages: number; isAtMost: boolean }>;

/**
 * What of a mailbox is still to be exported, reckoned from what one quota unit tells of it: all that there is, spam and trash
 * included. What came since a complete export of chosen messages cannot be known so, and is not counted.
 */
export function countLeft({ messagesTotal, cursor }: Profile, manifest: Manifest | undefined): Left {
  if (!manifest) return { messages: messagesTotal, isAtMost: false };
  const { complete, filter, max_emails: max, historyId, total_emails: total, deleted = [] } = manifest;
  const isChosen = isFiltered(filter) || max !== null;
  if (complete && (isChosen || historyId === cursor.value)) return { messages: 0, isAtMost: false };
  const there = total - deleted.filter(({ pruned }) => !pruned).length; // of the records, those that Gmail has
  return { messages: Math.max(0, messagesTotal - there), isAtMost: isChosen || !filter.includeSpamTrash };
}

/** Of several accounts. */
export function sumLeft(all: readonly Left[]): Left {
  return {
    messages: all.reduce((sum, { messages }) => sum + messages, 0),
    isAtMost: all.some(({ isAtMost }) => isAtMost),
  };
}
