import { createHash } from "node:crypto";

/** Accounts are compared as Gmail does: case does not matter. */
export function sameAccount(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const LONGEST_NAME = 120;

/**
 * An account's name on disk: the address in lower case, every byte that could mean something to a file system written
 * %xx; a long one is cut, and a hash of the whole makes it unique again.
 */
export function fileNameOf(account: string): string {
  const lower = account.toLowerCase();
  const name = Buffer.from(lower)
    .toString("latin1") // one character per byte
    .replace(/[^a-z0-9@._+-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (name.length <= LONGEST_NAME) return name;
  return `${name.slice(0, LONGEST_NAME - 65)}~${createHash("sha256").update(lower).digest("hex")}`;
}
