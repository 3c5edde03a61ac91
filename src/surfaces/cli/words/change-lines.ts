import type { ChangeEntry } from "../../../core/export/change.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import type { Paint } from "../terminal/terminal.ts";
import type { Messages } from "./messages.ts";

/** "2026-11-28 07:50:00Z" */
const timeOf = (at: string): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** Lines for people of changes that are given in their order; labels are called by their names of then. */
export function createChangeLines(paint: Paint, w: Messages): (change: ChangeEntry) => string {
  const names = new Map<string, string>();
  const nameOf = (label: string): string => names.get(label) ?? label;
  const columns = Math.max(...Object.values(w.changes).map((word) => word.length));
  const textOf = (change: ChangeEntry): string[] => {
    switch (change.change) {
      case "begun":
        for (const [label, name] of change.names) names.set(label, name);
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
        if (name === null) names.delete(label);
        else names.set(label, name);
        return [label, [was, name].filter((one) => one !== null).join(" → ")];
      }
    }
  };
  return (change) => {
    const kind = change.change === "label" ? kindOfLabelChange(change) : change.change;
    const word = w.changes[kind].padEnd(columns);
    return escapeControls([paint("dim", timeOf(change.at)), word, ...textOf(change)].join("  ").trimEnd(), true);
  };
}

function kindOfLabelChange({ name, was }: { name: string | null; was: string | null }) {
  if (name === null) return "labelRemoved";
  return was === null ? "labelMade" : "labelRenamed";
}
