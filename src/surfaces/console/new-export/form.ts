import type { z } from "zod";

import type { Format } from "../../../core/export/format.ts";
import type { Problem } from "../../http/contract/problem.ts";
import type { Account } from "../accounts/api.ts";

/** The form as it was filled in: texts stay as they were typed. */
export type Draft = Readonly<{
  email: string;
  howMany: "all" | "newest";
  newest: string;
  query: string;
  /** Gmail's own labels. */
  labels: readonly string[];
  otherLabels: string;
  spamAndTrash: boolean;
  attachments: boolean;
  /** What is written beside the records. */
  formats: readonly Format[];
  directory: string;
  batchSize: string;
}>;

export const EMPTY: Draft = {
  email: "",
  howMany: "all",
  newest: "1000",
  query: "",
  labels: [],
  otherLabels: "",
  spamAndTrash: false,
  attachments: false,
  formats: [],
  directory: "",
  batchSize: "",
};

/** The form at first: everything, of the first account that can be read. */
export function draftFor(accounts: readonly Pick<Account, "email" | "authenticated">[]): Draft {
  const first = accounts.find(({ authenticated }) => authenticated) ?? accounts[0];
  return { ...EMPTY, email: first?.email ?? "" };
}

/**
 * The body of POST /export/gmail, with what was left empty left out. The folder is a name inside `exportDir`; for the
 * server, a relative one would count from where it was started.
 */
export function bodyOf(draft: Draft, exportDir: string): Readonly<Record<string, unknown>> {
  const { email, query, directory, batchSize } = draft;
  const labels = [
    ...draft.labels,
    ...draft.otherLabels
      .split(/[,;]/)
      .map((label) => label.trim())
      .filter(Boolean),
  ];
  return {
    email,
    ...(draft.howMany === "newest" && { max_emails: wholeNumberIn(draft.newest) }),
    ...(query.trim() && { query: query.trim() }),
    ...(labels.length > 0 && { labels: [...new Set(labels)] }),
    ...(draft.spamAndTrash && { include_spam_trash: true }),
    ...(draft.attachments && { attachments: true }),
    ...(draft.formats.length > 0 && { formats: draft.formats }),
    ...(directory.trim() && { output_dir: pathIn(exportDir, directory.trim()) }),
    ...(batchSize.trim() && { batch_size: wholeNumberIn(batchSize) }),
  };
}

/** EXPORT_DIR with a slash behind it: what stands before the name of a folder in it. */
export function before(exportDir: string): string {
  return exportDir.endsWith("/") ? exportDir : `${exportDir}/`;
}

/** A folder of this name in EXPORT_DIR; whoever typed a whole path meant that. */
function pathIn(exportDir: string, name: string): string {
  return /^(?:\/|s3:\/\/)/i.test(name) ? name : before(exportDir) + name;
}

/** What is typed for this path: its name in EXPORT_DIR, or all of it where that leads elsewhere. */
export function nameIn(exportDir: string, path: string): string {
  return path.startsWith(before(exportDir)) ? path.slice(before(exportDir).length) : path;
}

/** What is no whole number goes as it is: the server says what is wrong with it, and never takes it for "all". */
export function wholeNumberIn(text: string): number | string {
  const digits = text.replaceAll(/[\s.,'’]/g, "");
  return /^\d{1,15}$/.test(digits) ? Number(digits) : text;
}

const FIELDS = ["email", "max_emails", "query", "labels", "output_dir", "batch_size"] as const;

export type Field = (typeof FIELDS)[number];

/** The server's complaints by the field of the form that they are about ("labels.0" is about the labels). */
export function complaintsOf(errors: z.infer<typeof Problem>["errors"] = []): Partial<Record<Field, string>> {
  const complaints: Partial<Record<Field, string>> = {};
  for (const { field, message } of errors) {
    const known = FIELDS.find((name) => field.split(".")[0] === name);
    if (known) complaints[known] ??= message;
  }
  return complaints;
}
