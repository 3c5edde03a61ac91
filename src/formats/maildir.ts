import { createHash } from "node:crypto";

import type { EpochMs } from "../core/time.ts";
import { isWhiteSpace, labelHeader } from "./label-header.ts";

/**
 * Messages as files of their own in folders with `cur`, `new` and `tmp` (Maildir, https://cr.yp.to/proto/maildir.html), and
 * folders within by a dot before their name and between its parts (Maildir++).
 */
export const SUBFOLDERS = ["cur", "new", "tmp"] as const;

/** States of a message that labels tell of, in the order in which a name has them. */
export function maildirFlags(labels: readonly string[], isAnswered: boolean): string {
  return [
    labels.includes("DRAFT") ? "D" : "",
    labels.includes("STARRED") ? "F" : "",
    isAnswered ? "R" : "",
    labels.includes("UNREAD") ? "" : "S",
    labels.includes("TRASH") ? "T" : "",
  ].join("");
}

/** A message's file in `cur`: when it came, which it is, how large where that is known, and its states. Ids as in records. */
export function maildirName(
  id: string,
  internalDate: EpochMs | undefined,
  bytes: number | undefined,
  flags: string,
): string {
  const name = /^[\w-]{1,128}$/.test(id) ? id : createHash("sha256").update(id).digest("hex");
  return `${Math.max(0, Math.floor((internalDate ?? 0) / 1_000))}.${name}.gmail-export${bytes === undefined ? "" : `,S=${bytes}`}:2,${flags}`;
}

/** Labels that say in which state a message is, and not where it lies. */
const STATES: ReadonlySet<string> = new Set(["UNREAD", "STARRED"]);

/** Where mail without a label lies. */
const UNLABELLED = "unlabelled";

/** The names of the labels under which a message lies; that of mail without any, where it has none. */
export function placesOf(labels: readonly string[], labelNames: readonly string[]): readonly string[] {
  const names = labels.flatMap((label, n) => (STATES.has(label) ? [] : [labelNames[n] ?? label]));
  return names.length > 0 ? [...new Set(names)] : [UNLABELLED];
}

const LONGEST_FOLDER = 200;

/**
 * The folder of a label: the inbox is the Maildir itself (""), `Travel/Lisbon` is `.Travel.Lisbon`. What is not ASCII is
 * written as in IMAP (modified UTF-7, RFC 3501 §5.1.3), a dot in a name as `_`.
 */
export function maildirFolder(labelName: string): string {
  if (labelName.toUpperCase() === "INBOX") return "";
  const parts = labelName.split("/").map((part) => modifiedUtf7(part.replaceAll(/[.\\]/g, "_")));
  const name = parts.filter((part) => part !== "").join(".") || "_";
  if (name.length <= LONGEST_FOLDER) return `.${name}`;
  return `.${name.slice(0, LONGEST_FOLDER)}_${createHash("sha256").update(labelName).digest("hex").slice(0, 8)}`;
}

function modifiedUtf7(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("&", "&-")
    .replaceAll(/[^\x20-\x7e]+/g, (run) => {
      const bytes = Buffer.from(run, "utf16le").swap16();
      return `&${bytes.toString("base64").replaceAll("/", ",").replaceAll("=", "")}-`;
    });
}

/** A message with the labels in a line before it: where one folder holds all of them. */
export async function* withKeywords(
  labelNames: readonly string[],
  original: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let begun: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of original) {
    if (begun === undefined) {
      yield chunk;
      continue;
    }
    begun = Buffer.concat([begun, chunk]);
    if (!begun.includes("\n")) continue; // which line ends it has is not known yet
    yield* keywordsBefore(labelNames, begun);
    begun = undefined;
  }
  if (begun) yield* keywordsBefore(labelNames, begun);
}

function* keywordsBefore(labelNames: readonly string[], first: Buffer): Generator<Buffer> {
  const eol = first.includes("\n") && !first.subarray(0, first.indexOf("\n") + 1).includes("\r\n") ? "\n" : "\r\n";
  yield Buffer.from(labelHeader("X-Keywords", labelNames, eol, isWhiteSpace(first[0])), "latin1");
  yield first;
}
