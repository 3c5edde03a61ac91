import { createHash } from "node:crypto";

import type { RecordPosition } from "../../../core/records.ts";

/**
 * Where the next page begins, as text that belongs to one question: the digest tells a cursor that was changed, or that
 * came with another search. It protects nothing, so it needs no key.
 */
export function cursorOf(position: RecordPosition, question: object): string {
  const place = JSON.stringify(position);
  return Buffer.from(`${digestOf(place, question)}${place}`).toString("base64url");
}

/** Undefined when the cursor is none that was given out for this question. */
export function positionIn(cursor: string, question: object): RecordPosition | undefined {
  const text = Buffer.from(cursor, "base64url").toString();
  const place = text.slice(DIGEST_CHARACTERS);
  const [, date, number] = /^\[(-?\d+),(\d+)\]$/.exec(place) ?? [];
  const position = [Number(date), Number(number)] as const;
  const isOurs = date !== undefined && position.every(Number.isSafeInteger) && cursorOf(position, question) === cursor;
  return isOurs ? position : undefined;
}

const DIGEST_CHARACTERS = 16;

function digestOf(place: string, question: object): string {
  const hash = createHash("sha256").update(`${place} ${JSON.stringify(question)}`);
  return hash.digest("hex").slice(0, DIGEST_CHARACTERS);
}
