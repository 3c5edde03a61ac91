import { refuse } from "../core/errors.ts";
import type { Filter } from "../core/mail/filter.ts";
import type { LabelNames, MailboxSource } from "../core/ports/mailbox-source.ts";

/** Label ids that every mailbox has, be they listed or not (Gmail API, guide to labels). */
const SYSTEM: ReadonlySet<string> = new Set(
  "INBOX SPAM TRASH UNREAD STARRED IMPORTANT SENT DRAFT CHAT CATEGORY_PERSONAL CATEGORY_SOCIAL CATEGORY_PROMOTIONS CATEGORY_UPDATES CATEGORY_FORUMS".split(
    " ",
  ),
);

/** Labels named in a refusal at the most. */
const SHOWN = 20;

/**
 * The same filter with label ids, where people gave ids or names. A name in another spelling (capitals, spaces, accents
 * apart) counts where it is the only such one. Throws `label_unknown`, with what labels there are, for one that the
 * mailbox does not have (any more).
 */
export function withLabelIds(filter: Filter, names: LabelNames): Filter {
  return { ...filter, labels: filter.labels.map((label) => idOf(label, names)) };
}

/** The same, where the labels of the mailbox are asked for only if there is a name among them (1 unit). */
export async function resolveLabels(
  filter: Filter,
  source: Pick<MailboxSource, "labels">,
  signal: AbortSignal,
): Promise<Filter> {
  if (filter.labels.every((label) => SYSTEM.has(label) || /^Label_\d+$/.test(label))) return filter;
  return withLabelIds(filter, await source.labels(signal));
}

/** One spelling for those that look the same to people: letters, accents, and spaces where Gmail shows none. */
function foldName(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .split("/")
    .map((level) => level.trim().replace(/\s+/g, " "))
    .join("/");
}

function idOf(label: string, names: LabelNames): string {
  if (names.has(label)) return label;
  const entries = [...names];
  const exact = entries.find(([, name]) => name === label);
  if (exact) return exact[0];
  if (SYSTEM.has(label)) return label;
  const alike = entries.filter(([, name]) => foldName(name) === foldName(label));
  if (alike.length === 1) return alike[0]![0];
  const own = entries.filter(([id]) => !SYSTEM.has(id)).map(([, name]) => name);
  const shown = own.slice(0, SHOWN).join(", ");
  const more = own.length > SHOWN ? `, and ${own.length - SHOWN} more` : "";
  throw refuse(
    "label_unknown",
    `This mailbox has no label ${JSON.stringify(label)}: it may have been renamed or deleted in Gmail.`,
    own.length === 0
      ? "It has no labels but Gmail's own, such as INBOX, STARRED and SENT."
      : `Name one of its labels: ${shown}${more}; or one of Gmail's own, such as INBOX, STARRED and SENT.`,
  );
}
