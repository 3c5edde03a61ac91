import type { z } from "zod";

import type { ExportRecord } from "../../../core/record.ts";
import type { Records, Statistics } from "../../http/record-view.ts";
import { ask, call } from "../api.ts";
import { parametersOf, type Question } from "./question.ts";

export type Page = z.infer<typeof Records>;
export type Summary = Page["records"][number];
export type Figures = z.infer<typeof Statistics>;
export type IndexState = Page["index"];

export const getRecords = (
  id: string,
  question: Question,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> => call("GET", `${pathOf(id)}/records?${parametersOf(question, cursor)}`, { signal });

export const getRecord = (id: string, message: string, signal: AbortSignal): Promise<ExportRecord> =>
  call("GET", recordPath(id, message), { signal });

export const getStatistics = (id: string, signal: AbortSignal): Promise<Figures> =>
  call("GET", `${pathOf(id)}/statistics`, { signal });

/** Where the message's HTML is, as a page to be shown in a frame. */
export const htmlPath = (id: string, message: string): string => `${recordPath(id, message)}/html`;

/** How much of the message's HTML would have been fetched from elsewhere. Throws a refusal where there is none to show. */
export async function countBlocked(id: string, message: string, signal: AbortSignal): Promise<number> {
  const answer = await ask("GET", htmlPath(id, message), { signal });
  await answer.body?.cancel(); // the frame reads it
  return Number(answer.headers.get("x-blocked-remote-content") ?? 0);
}

const pathOf = (id: string): string => `/exports/${encodeURIComponent(id)}`;

const recordPath = (id: string, message: string): string => `${pathOf(id)}/records/${encodeURIComponent(message)}`;
