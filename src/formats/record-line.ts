/**
 * A record's line is one JSON object with its keys in order (docs/format.md §2), so a body of many megabytes can be found
 * in it without being parsed: inside a JSON string every quote stands behind a backslash, so these can only be the keys.
 */
const BODY = ',"Body":{"plain":"';
const HTML = '","html":"';
const AFTER = '"},"Attachments":';

/** The record without its Body; undefined when the line is laid out in another way. */
export function withoutBody(line: Buffer): string | undefined {
  const start = line.indexOf(BODY);
  const end = start === -1 ? -1 : line.indexOf(AFTER, start + BODY.length - 1);
  if (end === -1) return undefined;
  return line.toString("utf8", 0, start) + line.toString("utf8", end + '"}'.length);
}

/** The JSON string that is the html of the Body, quotes included; undefined when the line is laid out in another way. */
export function htmlIn(line: Buffer): Buffer | undefined {
  const body = line.indexOf(BODY);
  const start = body === -1 ? -1 : line.indexOf(HTML, body + BODY.length - 1);
  const end = start === -1 ? -1 : line.indexOf(AFTER, start + HTML.length - 1);
  return end === -1 ? undefined : line.subarray(start + HTML.length - 1, end + 1);
}
