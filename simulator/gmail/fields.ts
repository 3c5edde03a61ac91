import { invalidFields } from "../errors.ts";

/** A parsed `fields` parameter: what to keep, level by level; undefined keeps all below. */
type Mask = Map<string, Mask | undefined>;

/** Every field that an answer of the served methods can hold. */
const KNOWN = new Set(
  (
    "* id threadId labelIds snippet historyId internalDate sizeEstimate raw payload partId mimeType filename headers name value body " +
    "attachmentId size data parts messages threads nextPageToken resultSizeEstimate history messagesAdded messagesDeleted labelsAdded " +
    "labelsRemoved message labels type messageListVisibility labelListVisibility color textColor backgroundColor messagesTotal " +
    "messagesUnread threadsTotal threadsUnread emailAddress classificationLabelValues"
  ).split(" "),
);

/**
 * Partial response: `a,b(c,d),e/f`. Naming a container keeps its whole subtree, and nothing that was not named is kept.
 * Source: Gmail API guide, Performance tips.
 */
export function select(answer: unknown, fields: string): unknown {
  const tokens = fields.match(/[(),/]|[^(),/\s]+/g) ?? [];
  let at = 0;

  const comes = (token: string) => tokens[at] === token && at++ >= 0;

  const one = (mask: Mask): Mask => {
    const name = tokens[at++];
    if (name === undefined || !KNOWN.has(name)) throw invalidFields(name ?? fields);
    const below = comes("/") ? one(new Map()) : comes("(") ? closed(several()) : undefined;
    return add(mask, name, below);
  };

  const several = (): Mask => {
    const mask: Mask = new Map();
    do one(mask);
    while (comes(","));
    return mask;
  };

  const closed = (mask: Mask): Mask => {
    if (!comes(")")) throw invalidFields(fields);
    return mask;
  };

  const mask = several();
  if (at < tokens.length) throw invalidFields(fields);
  return apply(answer, mask);
}

/** `a/b,a/c` keeps both. */
function add(mask: Mask, name: string, below: Mask | undefined): Mask {
  const before = mask.get(name);
  if (!mask.has(name)) mask.set(name, below);
  else if (before === undefined || below === undefined) mask.set(name, undefined);
  else for (const [inner, innerBelow] of below) add(before, inner, innerBelow);
  return mask;
}

function apply(value: unknown, mask: Mask | undefined): unknown {
  if (mask === undefined || mask.has("*")) return value;
  if (Array.isArray(value)) return value.map((item) => apply(item, mask));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => mask.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, apply(inner, mask.get(name))]));
}
