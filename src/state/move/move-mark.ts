import { z } from "zod";

import { refuse } from "../../core/errors.ts";
import type { MoveMark, StateKind } from "../../core/ports/stored-state.ts";
import { readJson } from "../rows/stored-values.ts";

const shape = z.object({
  id: z.string(),
  status: z.enum(["leaving", "left", "arriving", "arrived"]),
  other: z.string(),
  before: z.string().optional(),
});

/** A mark from its text. Throws `settings_invalid` where it is none: nobody knows then where the state is. */
export function parseMark(text: string, place: string): MoveMark {
  const { data } = shape.safeParse(readJson(text));
  if (data) return data;
  throw refuse(
    "settings_invalid",
    `What ${place} says of a move of its state cannot be read.`,
    "Put it back from a backup, or ask where the state was moved to and start with that.",
  );
}

/** Throws `settings_invalid` where the state is elsewhere, or on its way: nobody may start on it. */
export function assertNotMoved(mark: MoveMark | undefined, kind: StateKind, place: string): void {
  if (mark === undefined || mark.status === "arrived") return;
  const there: StateKind = kind === "database" ? "folder" : "database";
  if (mark.status === "left")
    throw refuse(
      "settings_invalid",
      `The state that lay in ${place} was moved to ${mark.other}.`,
      kind === "folder"
        ? "Set DATABASE_URL to go on there, or move it back: gmail-export state move --to folder."
        : "Leave DATABASE_URL out to go on there, or move it back: gmail-export state move --to database.",
    );
  const [from, to, command] = mark.status === "leaving" ? [place, mark.other, there] : [mark.other, place, kind];
  throw refuse(
    "settings_invalid",
    `The state is being moved from ${from} to ${to}, or that was cut short.`,
    `End it before anything is started: gmail-export state move --to ${command}. Done again, it loses nothing and does nothing twice.`,
  );
}
