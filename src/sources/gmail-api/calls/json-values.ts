import type { Ref } from "../../../core/mail/ref.ts";
import { malformed } from "./malformed-answer.ts";

/** Values of Gmail's JSON: what must be there and is not throws `malformed_response`; what may be missing is empty. */
export type Json = Readonly<Record<string, unknown>>;

export function refOf(message: Json): Ref {
  const id = stringOf(message["id"]);
  if (id === "") throw malformed("a message without an id");
  const threadId = stringOf(message["threadId"]) || id;
  if (id.length > LONGEST_ID || threadId.length > LONGEST_ID) throw malformed("an id of endless length");
  return { id, threadId };
}

/** Gmail's have 16 characters. They are kept in memory, one for each message. */
const LONGEST_ID = 1_000;

export function pageTokenOf(page: Json): string | undefined {
  const token = page["nextPageToken"] ?? "";
  if (typeof token !== "string") throw malformed("a page token that is no string");
  return token === "" ? undefined : token;
}

/** A list that must be one where it is present. */
export function listOf(parent: Json, key: string): readonly unknown[] {
  const list = parent[key] ?? [];
  if (!Array.isArray(list)) throw malformed(`"${key}" that is no list`);
  return list;
}

export function objectOf(json: unknown, what: string): Json {
  if (!isObject(json)) throw malformed(`something that is not ${what}`);
  return json;
}

export function isObject(json: unknown): json is Json {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Half a surrogate pair, which JSON can spell and no URL or file can hold, becomes U+FFFD. */
export function stringOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}

export function stringsOf(value: unknown): string[] {
  return arrayOf(value)
    .filter((item) => typeof item === "string")
    .map(stringOf);
}

/** A whole number above zero, else 0. JSON can spell numbers that are none, such as 1e999. */
export function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
