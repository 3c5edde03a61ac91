import type { ChangeEntry } from "../../../core/export/change.ts";
import { createLabelNames } from "../../../core/export/label-names.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import type { Paint } from "../terminal/terminal.ts";
import type { Messages } from "./messages.ts";

/** "2026-11-28 07:50:00Z" */
const timeOf = (at: string): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** Lines for people of changes that are given in their order; labels are called by their names of then. For `made` see `readMadeNames`. */
export function createChangeLines(
  paint: Paint,
  w: Messages,
  made: ReadonlyMap<string, string>,
): (change: ChangeEntry) => string {
  const { follow, nameOf } = createLabelNames(made);
  const columns = Math.max(...Object.values(w.changes).map((word) => word.length));
  const textOf = (change: ChangeEntry): string[] => {
    switch (change.change) {
      case "begun":
        return [w.nothingBefore];
      case "added":
      case "deleted":
        return [change.id, change.labels.map(nameOf).join(", ")];
      case "labels": {
        const { labels: since, labelsBefore: before } = change;
        const gained = since.filter((label) => !before.includes(label)).map((label) => `+${nameOf(label)}`);
        const lost = before.filter((label) => !since.includes(label)).map((label) => `-${nameOf(label)}`);
        return [change.id, [...gained, ...lost].join(" ")];
      }
      case "label": {
        const { label, name, was } = change;
        return [label, [was, name].filter((one) => one !== null).join(" → ")];
      }
    }
  };
  return (change) => {
    follow(change);
    const kind = change.change === "label" ? kindOfLabelChange(change) : change.change;
    const word = w.changes[kind].padEnd(columns);
    return escapeControls([paint("dim", timeOf(change.at)), word, ...textOf(change)].join("  ").trimEnd(), true);
  };
}

function kindOfLabelChange({ name, was }: { name: string | null; was: string | null }) {
  if (name === null) return "labelRemoved";
  return was === null ? "labelMade" : "labelRenamed";
}
