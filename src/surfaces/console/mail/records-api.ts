import type { z } from "zod";

import type { ExportRecord } from "../../../core/mail/record.ts";
import type { Export } from "../../http/exports/export-view.ts";
import type { Records, Statistics } from "../../http/mail/record-view.ts";
import { ask, call } from "../api.ts";
import { parametersOf, type Question } from "./question.ts";

export type Page = z.infer<typeof Records>;
export type Summary = Page["records"][number];
export type Figures = z.infer<typeof Statistics>;
export type Job = z.infer<typeof Export>;
export type IndexState = Page["index"];

/** Where an answer says that there will be more. */
export const ASK_AGAIN_MS = 1_000;

/** Whose mail it is, and whether more is to come. */
export const getExport = (id: string, signal: AbortSignal): Promise<Job> => call("GET", pathOf(id), { signal });

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

/** Where the original of a message is, and the content of its attachment at a place, for saving. */
export const originalPath = (id: string, message: string): string => `${recordPath(id, message)}/original`;
export const attachmentPath = (id: string, message: string, n: number): string =>
  `${recordPath(id, message)}/attachments/${n}`;

/**
 * The message's HTML, as the server made it inert, without the contents of its pictures, and what it does not show: how
 * many things that would come from elsewhere, and how many pictures that are attachments: those that the export does not
 * hold, and those that it holds and does not show.
 */
export type InertHtml = Readonly<{ html: string; remote: number; absent: number; withheld: number }>;

/** Throws a refusal where there is no HTML to show. */
export async function getInertHtml(id: string, message: string, signal: AbortSignal): Promise<InertHtml> {
  const answer = await ask("GET", `${htmlPath(id, message)}?pictures=false`, { signal });
  const count = (name: string): number => Number(answer.headers.get(name) ?? 0);
  return {
    html: await answer.text(),
    remote: count("x-blocked-remote-content"),
    absent: count("x-absent-inline-images"),
    withheld: count("x-withheld-inline-images"),
  };
}

const pathOf = (id: string): string => `/exports/${encodeURIComponent(id)}`;

const recordPath = (id: string, message: string): string => `${pathOf(id)}/records/${encodeURIComponent(message)}`;
