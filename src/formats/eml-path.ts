import { createHash } from "node:crypto";

/** Where originals lie in an export directory that has them as files of their own. */
export const EML = "eml";

/** Where the original of a message lies: by the month, in UTC, in which it came. `internalDate` as in its record. */
export function emlPath(id: string, internalDate: string): string {
  const [, year, month] = /^(\d{4})-(\d{2})-/.exec(internalDate) ?? [];
  // Gmail's ids are hexadecimal. What else a server may send is no name for a file.
  const name = /^[\w-]{1,128}$/.test(id) ? id : createHash("sha256").update(id).digest("hex");
  return `${EML}/${year === undefined ? "undated" : `${year}/${month}`}/${name}.eml`;
}
