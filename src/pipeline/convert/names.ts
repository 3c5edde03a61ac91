import { createHash } from "node:crypto";

import { numberedName } from "../../formats/file-names.ts";
import { createHashSet } from "../directory/hash-set.ts";

/** Names that are given once: the second of one is numbered. Compact for a million of them. */
export type Names = Readonly<{ take(name: string): string }>;

/** `numbered` makes the name of the nth of one. */
export function createNames(numbered: (name: string, number: number) => string = numberedName): Names {
  const taken = createHashSet();
  const next = new Map<string, number>(); // of those that were asked for more than once
  return {
    take(name) {
      // On some file systems names are one whatever their capitals, or however their accents are spelled.
      const key = keyOf(name);
      if (taken.add(key)) return name;
      for (let number = next.get(key) ?? 2; ; number += 1) {
        const other = numbered(name, number);
        if (!taken.add(keyOf(other))) continue;
        next.set(key, number + 1);
        return other;
      }
    },
  };
}

function keyOf(name: string): string {
  return createHash("sha256").update(name.normalize("NFKC").toLowerCase().toUpperCase()).digest("hex");
}

/** The same name for the same thing, another for another. */
export function createNaming(
  nameOf: (thing: string) => string,
  numbered?: (name: string, number: number) => string,
): (thing: string) => string {
  const names = createNames(numbered);
  const given = new Map<string, string>();
  return (thing) => {
    const known = given.get(thing);
    if (known !== undefined) return known;
    const name = names.take(nameOf(thing));
    given.set(thing, name);
    return name;
  };
}
