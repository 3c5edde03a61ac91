import type { z } from "zod";

import type { Problem } from "../../http/contract/problem.ts";

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
  directory: "",
  batchSize: "",
};

/** The body of POST /export/gmail, with what was left empty left out. */
export function bodyOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { email, query, directory, batchSize } = draft;
  const labels = [...draft.labels, ...draft.otherLabels.split(/[\s,;]+/).filter(Boolean)];
  return {
    email,
    ...(draft.howMany === "newest" && { max_emails: numberIn(draft.newest) }),
    ...(query.trim() && { query: query.trim() }),
    ...(labels.length > 0 && { labels: [...new Set(labels)] }),
    ...(draft.spamAndTrash && { include_spam_trash: true }),
    ...(directory.trim() && { output_dir: directory.trim() }),
    ...(batchSize.trim() && { batch_size: numberIn(batchSize) }),
  };
}

/** What is no whole number goes as it is: the server says what is wrong with it, and never takes it for "all". */
function numberIn(text: string): number | string {
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
