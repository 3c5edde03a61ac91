import { z } from "zod";

import { FORMATS } from "../../core/export/format.ts";
import { changeShape } from "../../formats/changes.ts";
import {
  batchShape,
  changesFileShape,
  failedShape,
  filterShape,
  labelNamesShape,
  spentShape,
  withoutShape,
} from "../../formats/manifest.ts";

/** The first value of a journal: what is exported, and what it goes on from. */
export const journalBegin = z.object({
  journal: z.literal(2),
  email: z.string(),
  filter: filterShape,
  maxEmails: z.int().nullable(),
  historyId: z.string(),
  attachments: z.literal(true).optional(),
  formats: z.array(z.enum(FORMATS)).optional(),
  /** Left out by earlier versions, which followed no labels. See `Followed`. */
  followed: z
    .object({
      since: z.string().optional(),
      toldUpTo: z.int().nonnegative().optional(),
      changes: changesFileShape.optional(),
      finishedBefore: z.object({ at: z.string(), historyId: z.string() }).optional(),
      unnamed: z.literal(true).optional(),
    })
    .optional(),
});

const changes = z.array(changeShape).readonly();

/** Every other value. */
export const journalEntry = z.union([
  z.object({ refs: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ listed: z.literal(true) }),
  z.object({ gone: z.array(z.string()) }),
  z.object({ confirmedGone: z.array(z.string()) }),
  z.object({ failed: z.array(failedShape) }),
  z.object({
    without: z.object({ attachments: z.array(withoutShape).optional(), originals: z.array(withoutShape).optional() }),
  }),
  z.object({ earlier: z.array(z.string()) }),
  z.object({ rewriting: z.object({ file: z.string(), sha256: z.string(), purpose: z.string() }) }),
  z.object({ rewritten: z.object({ was: z.string(), entry: batchShape }), changes: changes.exactOptional() }),
  z.object({ pruned: z.array(z.string()) }),
  z.object({ names: labelNamesShape }),
  z.object({ labelNames: labelNamesShape, changes: changes.exactOptional() }),
  z.object({ changes, toldUpTo: z.int().nonnegative().exactOptional() }),
  z.object({ spent: spentShape, seconds: z.number(), guessedCharsets: z.int().nonnegative().default(0) }),
]);

export type JournalBegin = z.infer<typeof journalBegin>;
export type JournalEntry = z.input<typeof journalEntry>;
