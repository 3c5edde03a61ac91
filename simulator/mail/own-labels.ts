import { LABELS, type Label } from "../gmail/labels.ts";
import type { Random } from "./random.ts";

/** The labels of one mailbox, as labels.list answers them, and as people change them. */
export function openLabels(draw: Random) {
  const labels = new Map(LABELS.map((label) => [label.id, label]));
  const own = (id: string): Label => {
    const label = labels.get(id);
    if (label?.type !== "user") throw new Error(`no label ${id} of their own in the simulated mailbox`);
    return label;
  };
  const assertFree = (name: string): void => {
    if (name === "") throw new Error("a label needs a name");
    for (const label of labels.values())
      if (label.name.toLowerCase() === name.toLowerCase()) throw new Error(`there is a label ${name} already`);
  };
  return {
    all: (): readonly Label[] => [...labels.values()],
    find: (id: string): Label | undefined => labels.get(id),
    make(name: string): string {
      assertFree(name);
      let id: string;
      do id = `Label_${1_000 + draw.int(1e9)}`;
      while (labels.has(id));
      labels.set(id, {
        id,
        name,
        type: "user",
        messageListVisibility: "show",
        labelListVisibility: "labelShow",
      });
      return id;
    },
    rename(id: string, name: string): void {
      const label = own(id);
      assertFree(name);
      labels.set(id, { ...label, name });
    },
    remove(id: string): void {
      labels.delete(own(id).id);
    },
  };
}
