import type { Export } from "../exports-api.ts";

/** What lies in one directory: the newest run that wrote there, and those before it, newest first. */
export type InDirectory = Readonly<{ newest: Export; earlier: readonly Export[] }>;

/** Runs by directory; `exports` are newest first, and so are the directories. */
export function byDirectory(exports: readonly Export[]): readonly InDirectory[] {
  const found = new Map<string, { newest: Export; earlier: Export[] }>();
  for (const one of exports) {
    const known = found.get(one.output_directory);
    if (known) known.earlier.push(one);
    else found.set(one.output_directory, { newest: one, earlier: [] });
  }
  return [...found.values()];
}

/** What a person may set off from the list, by how the newest run stands. */
export type Offer = "update" | "go_on" | "resume" | "verify" | "remove";

const OFFERS: Readonly<Record<Export["state"], readonly Offer[]>> = {
  queued: [],
  running: [],
  paused: ["resume"],
  waiting: [],
  needs_sign_in: [],
  completed: ["update", "verify", "remove"],
  completed_with_failures: ["update", "verify", "remove"],
  failed: ["resume", "remove"],
  cancelled: ["go_on", "remove"],
};

export function offersFor({ state }: Pick<Export, "state">): readonly Offer[] {
  return OFFERS[state];
}

/** The body of POST /export/gmail that asks for the same again, into the same directory. */
export function sameAgain(of: Export): Readonly<Record<string, unknown>> {
  return {
    email: of.email,
    output_dir: of.output_directory,
    max_emails: of.max_emails,
    batch_size: of.batch_size,
    query: of.query,
    labels: of.labels,
    include_spam_trash: of.include_spam_trash,
  };
}
