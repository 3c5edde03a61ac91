import { z } from "zod";

import type { FoundChange } from "../../../pipeline/history/find-changes.ts";
import { MESSAGE_ID } from "../contract/examples.ts";

const labels = z.array(z.string());

/** `subject` and `from` are those of the record, where it can be looked up at once: the change itself holds no mail. */
const Change = z.object({
  at: z.iso.datetime(),
  change: z.enum(["begun", "added", "deleted", "labels", "label"]),
  id: z.string().nullable(),
  subject: z.string().nullable(),
  from: z.string().nullable(),
  labels,
  label_names: labels,
  labels_before: labels,
  label_names_before: labels,
  label: z.object({ id: z.string(), name: z.string().nullable(), was: z.string().nullable() }).nullable(),
});

export const Changes = z.object({ changes: z.array(Change), next_cursor: z.string().nullable() }).meta({
  id: "Changes",
  examples: [
    {
      changes: [
        {
          at: "2026-11-28T02:00:05.211Z",
          change: "labels",
          id: MESSAGE_ID,
          subject: "Your tickets to Lisbon",
          from: "Ada <ada@example.com>",
          labels: ["Label_7"],
          label_names: ["Travel/Lisbon"],
          labels_before: ["INBOX", "UNREAD"],
          label_names_before: ["INBOX", "UNREAD"],
          label: null,
        },
        {
          at: "2026-11-28T02:00:05.211Z",
          change: "label",
          id: null,
          subject: null,
          from: null,
          labels: [],
          label_names: [],
          labels_before: [],
          label_names_before: [],
          label: { id: "Label_7", name: "Travel/Lisbon", was: "Lisbon" },
        },
      ],
      next_cursor: null,
    },
  ],
});

/** What a change's message is about. */
export type Heading = Readonly<{ subject: string; from: string }>;

export function viewOfChange(
  { entry, labelNames, labelNamesBefore }: FoundChange,
  heading: Heading | undefined,
): z.infer<typeof Change> {
  const isOfMessage = entry.change !== "begun" && entry.change !== "label";
  const before = "labelsBefore" in entry ? entry.labelsBefore : undefined;
  return {
    at: entry.at,
    change: entry.change,
    id: isOfMessage ? entry.id : null,
    subject: heading?.subject ?? null,
    from: heading?.from ?? null,
    labels: isOfMessage ? [...entry.labels] : [],
    label_names: [...labelNames],
    labels_before: [...(before ?? [])],
    label_names_before: [...labelNamesBefore],
    label: entry.change === "label" ? { id: entry.label, name: entry.name, was: entry.was } : null,
  };
}
