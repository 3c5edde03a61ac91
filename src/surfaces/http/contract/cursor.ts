import { createHash } from "node:crypto";

import type { FastifyReply } from "fastify";

import { sendProblem } from "./problem.ts";

/** Where in a list: by what it is ordered, and a number that tells apart what that does not. */
type Position = readonly [number, number];

/**
 * Where the next page begins, as text that belongs to one question: the digest tells a cursor that was changed, or that
 * came with another search. It protects nothing, so it needs no key.
 */
export function cursorOf(position: Position, question: object): string {
  const place = JSON.stringify(position);
  return Buffer.from(`${digestOf(place, question)}${place}`).toString("base64url");
}

/** Undefined when the cursor is none that was given out for this question. */
export function positionIn(cursor: string, question: object): Position | undefined {
  const text = Buffer.from(cursor, "base64url").toString();
  const place = text.slice(DIGEST_CHARACTERS);
  const [, date, number] = /^\[(-?\d+),(\d+)\]$/.exec(place) ?? [];
  const position = [Number(date), Number(number)] as const;
  const isOurs = date !== undefined && position.every(Number.isSafeInteger) && cursorOf(position, question) === cursor;
  return isOurs ? position : undefined;
}

/** Where the next page of a list begins that is ordered by a text: right behind it, whatever came or went meanwhile. */
export function cursorAfter(text: string, question: object): string {
  return Buffer.from(`${digestOf(text, question)}${text}`).toString("base64url");
}

/** Undefined when the cursor is none that was given out for this question. */
export function textBefore(cursor: string, question: object): string | undefined {
  const text = Buffer.from(cursor, "base64url").toString().slice(DIGEST_CHARACTERS);
  return cursorAfter(text, question) === cursor ? text : undefined;
}

const DIGEST_CHARACTERS = 16;

function digestOf(place: string, question: object): string {
  const hash = createHash("sha256").update(`${place} ${JSON.stringify(question)}`);
  return hash.digest("hex").slice(0, DIGEST_CHARACTERS);
}

export async function sendBadCursor(reply: FastifyReply): Promise<FastifyReply> {
  const message = "It belongs to no page of this list.";
  return sendProblem(
    reply,
    422,
    "invalid_fields",
    `These fields cannot be used: cursor: ${message}`,
    "Leave it out to begin at the first page, and keep the other parameters while going on.",
    { errors: [{ field: "cursor", message }] },
  );
}
