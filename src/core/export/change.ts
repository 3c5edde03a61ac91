/**
 * A line of changes.ndjson (docs/format.md §6.1): what became of mail in Gmail after it was exported, and when a run saw it.
 * Times are ISO 8601 UTC, and one for all lines of a run. Readers ignore unknown keys and lines with an unknown `change`.
 */
export type ChangeEntry = ChangesBegun | MessageChange | LabelChange;

/** The first line: the moment of the first run, before which nothing is known, and the names that labels had then. */
export type ChangesBegun = Readonly<{
  at: string;
  change: "begun";
  historyId: string;
  /** Of each label its id and its name; those are left out that Gmail calls by their id. */
  names: readonly (readonly [id: string, name: string])[];
}>;

/** What became of a message within a run: `labels` are those that it has since, or had last where it was deleted. */
export type MessageChange = Readonly<
  { at: string; id: string } & (
    | { change: "added"; labels: readonly string[]; historyId: string }
    | { change: "deleted"; labels: readonly string[]; labelsBefore?: readonly string[]; historyId: string }
    | { change: "labels"; labels: readonly string[]; labelsBefore: readonly string[]; historyId: string }
  )
>;

/** A label was made (`was` is null), renamed, or removed (`name` is null). */
export type LabelChange = Readonly<{
  at: string;
  change: "label";
  label: string;
  name: string | null;
  was: string | null;
}>;
