import { crc32 } from "node:zlib";

import { linesIn } from "./lines.ts";

/**
 * A file of JSON values, one a line, each behind the CRC-32 of it and all before it: one wrong character in an id would
 * be a message lost. What does not add up is cut off like a torn end.
 */
const DIGITS = 8;

/** How far a file was whole. `checksum` is of all values up to there. */
export type CheckedEnd = Readonly<{ bytes: number; checksum: number }>;

/** Values as lines behind what has this checksum. */
export function checkedLines(values: readonly object[], before = 0): { bytes: Buffer; checksum: number } {
  let checksum = before;
  const lines = values.map((value) => {
    const json = JSON.stringify(value);
    checksum = crc32(json, checksum);
    return `${hex(checksum)} ${json}\n`;
  });
  return { bytes: Buffer.from(lines.join("")), checksum };
}

/** The values of a file as far as it adds up, each with where it ends. */
export async function* checkedValues(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Readonly<{ value: unknown; end: CheckedEnd }>> {
  let checksum = 0;
  for await (const line of linesIn(chunks)) {
    const json = line.bytes.subarray(DIGITS + 1);
    checksum = crc32(json, checksum);
    const isWhole = line.ended && line.bytes.toString("latin1", 0, DIGITS + 1) === `${hex(checksum)} `;
    if (!isWhole) return;
    yield { value: parse(json.toString()), end: { bytes: line.start + line.bytes.length + 1, checksum } };
  }
}

/** Reads a file as far as it adds up and `take` accepts each value. */
export async function readCheckedLines(
  chunks: AsyncIterable<Buffer>,
  take: (value: unknown) => boolean,
): Promise<CheckedEnd> {
  let whole: CheckedEnd = { bytes: 0, checksum: 0 };
  for await (const { value, end } of checkedValues(chunks)) {
    if (!take(value)) break;
    whole = end;
  }
  return whole;
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(DIGITS, "0");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
