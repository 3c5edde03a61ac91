import { invalidArgument } from "../errors.ts";
import type { Entry } from "../mail/mailbox.ts";
import type { Truth } from "../mail/truth.ts";
import type { Label } from "./labels.ts";

/** A message under test; its truth is read only when a term needs the content. */
type Candidate = Readonly<{ entry: Entry; truth: () => Truth }>;

export type Query = Readonly<{
  matches(candidate: Candidate): boolean;
  /** The query itself asks for SPAM or TRASH. */
  includesSpamTrash: boolean;
}>;

type Test = (candidate: Candidate) => boolean;
type Term = Readonly<{ negated: boolean; operator: string; value: string }>;

/**
 * The part of Gmail's search language that the simulator knows. An operator it does not know is refused, where Gmail would
 * search for the words: a test should never pass by accident.
 */
export function parseQuery(q: string, labels: readonly Label[]): Query {
  const terms = parse(q);
  const tests = terms
    .toSorted((a, b) => Number(needsContent(a)) - Number(needsContent(b)))
    .map((term): Test => {
      const test = testOf(term, labels);
      return term.negated ? (candidate) => !test(candidate) : test;
    });
  return {
    matches: (candidate) => tests.every((test) => test(candidate)),
    includesSpamTrash: terms.some(
      ({ negated, operator, value }) =>
        !negated && ["in", "label"].includes(operator) && ["spam", "trash", "anywhere"].includes(value.toLowerCase()),
    ),
  };
}

function parse(q: string): Term[] {
  if (/[(){}]/.test(q) || /(^|\s)OR(\s|$)/.test(q)) throw invalidArgument("The simulator does not know grouping in q");
  return [...q.matchAll(/(-?)(?:([a-z0-9_]+):)?(?:"([^"]*)"|(\S+))/gi)].map(
    ([, minus, operator = "", quoted, word = ""]) => ({
      negated: minus === "-",
      operator: operator.toLowerCase(),
      value: quoted ?? word,
    }),
  );
}

const needsContent = ({ operator }: Term) => !["label", "in", "is", "after", "before"].includes(operator);

const has =
  (labelId: string): Test =>
  ({ entry }) =>
    entry.labelIds.includes(labelId);

function testOf({ operator, value }: Term, labels: readonly Label[]): Test {
  const wanted = value.toLowerCase();
  const includes =
    (read: (truth: Truth) => string): Test =>
    ({ truth }) =>
      read(truth()).toLowerCase().includes(wanted);
  switch (operator) {
    case "from":
      return includes(({ from }) => from);
    case "to":
      return includes(({ to, cc, bcc }) => `${to} ${cc} ${bcc}`);
    case "subject":
      return includes(({ subject }) => subject);
    case "rfc822msgid":
      return ({ truth }) => bareId(truth().messageId) === bareId(value);
    case "has":
      if (wanted !== "attachment") break;
      return ({ truth }) => truth().attachments.some(({ filename }) => filename !== "");
    case "is":
      if (wanted === "read") return ({ entry }) => !entry.labelIds.includes("UNREAD");
      if (!["unread", "starred", "important"].includes(wanted)) break;
      return has(wanted.toUpperCase());
    case "in":
      if (wanted === "anywhere") return () => true;
      if (wanted === "chats") return has("CHAT");
      if (wanted === "drafts") return has("DRAFT");
      if (!["inbox", "sent", "spam", "trash"].includes(wanted)) break;
      return has(wanted.toUpperCase());
    case "label": {
      const label = labels.find(({ id, name }) => [id.toLowerCase(), searchName(name)].includes(searchName(wanted)));
      return label === undefined ? () => false : has(label.id);
    }
    case "after": {
      const from = instant(value);
      return ({ entry }) => entry.internalDate >= from;
    }
    case "before": {
      const until = instant(value);
      return ({ entry }) => entry.internalDate < until;
    }
    case "": {
      const word = new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(wanted)}(?![\\p{L}\\p{N}])`, "iu");
      return ({ truth }) => {
        const { subject, plain, from, to } = truth();
        return word.test(`${subject}\n${plain}\n${from}\n${to}`);
      };
    }
    default:
  }
  throw invalidArgument(`The simulator does not know ${operator}:${value} in q`);
}

const bareId = (messageId: string) => messageId.replaceAll(/[<>]/g, "");

/** Labels are searched for with hyphens where their names have spaces or slashes. */
const searchName = (name: string) => name.toLowerCase().replaceAll(/[\s/]/g, "-");

/** Epoch seconds, or a day, which begins at midnight in Mountain View. */
function instant(value: string): number {
  if (/^\d{5,}$/.test(value)) return Number(value) * 1_000;
  const [, year, month, day] = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(value) ?? [];
  if (year === undefined) throw invalidArgument(`The simulator does not know the date ${value} in q`);
  const utc = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const hourThere = Number(
    new Intl.DateTimeFormat("en-US", { timeZone: "America/Los_Angeles", hour: "numeric", hourCycle: "h23" }).format(
      utc,
    ),
  );
  return utc + (24 - hourThere) * 3_600_000;
}
