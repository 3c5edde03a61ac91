import type { IncomingHttpHeaders } from "node:http";

/** What to answer to a request for a file: bytes `start` up to `end` of it (206 when that is not all), or nothing. */
export type Selection =
  | Readonly<{ status: 200 | 206; start: number; end: number }>
  | Readonly<{ status: 304 | 412 | 416 }>;

/**
 * Evaluates preconditions, then the range (RFC 9110 §13.2.2, §14.2). `etag` is a strong one, quoted. Several ranges, and
 * what is no range of bytes, are ignored, as that RFC allows: the answer is all of it then.
 */
export function select(method: string, headers: IncomingHttpHeaders, etag: string, bytes: number): Selection {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined && !names(ifMatch, etag)) return { status: 412 };
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && names(ifNoneMatch.replaceAll("W/", ""), etag)) return { status: 304 };
  const whole = { status: 200, start: 0, end: bytes } as const;
  const ifRange = headers["if-range"];
  if (method !== "GET" || (ifRange !== undefined && ifRange !== etag)) return whole;

  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/i.exec(headers.range?.replaceAll(" ", "") ?? "") ?? [];
  if (first === "" && last === "") return whole;
  const start = first === "" ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? bytes : Math.min(bytes, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return whole;
  return start < end ? { status: 206, start, end } : { status: 416 };
}

/** Our entity tags are hexadecimal: a comma is never inside of one. */
function names(list: string, etag: string): boolean {
  return list.split(",").some((tag) => tag.trim() === etag || tag.trim() === "*");
}
