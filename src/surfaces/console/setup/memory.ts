import type { Signal } from "@preact/signals";

import { remembered } from "../remembered.ts";
import { KINDS, type ConsoleStep } from "./steps.ts";

const MARKS = ["open", "done"] as const;

/** How far the person is in Google's console: names of steps and nothing else, so that a closed window costs nothing. */
export const kind = remembered("setup.kind", KINDS, "personal");

const mark = (step: ConsoleStep): Signal<(typeof MARKS)[number]> => remembered(`setup.${step}`, MARKS, "open");

export const marks: Readonly<Record<ConsoleStep, ReturnType<typeof mark>>> = {
  project: mark("project"),
  gmail_api: mark("gmail_api"),
  app: mark("app"),
  publish: mark("publish"),
  client: mark("client"),
};
