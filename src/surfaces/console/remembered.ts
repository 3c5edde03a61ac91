import { signal, type Signal } from "@preact/signals";

/** A choice that outlives the page, in the browser's storage; where there is none it lives as long as the page. */
export function remembered<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  first: Choice,
): Signal<Choice> {
  const key = `gmail-export.${name}`;
  const known = choices.find((choice) => choice === read(key));
  const chosen = signal(known ?? first);
  chosen.subscribe((choice) => {
    if (choice !== known || read(key) !== null) write(key, choice);
  });
  return chosen;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is off: the choice lives as long as the page.
  }
}
