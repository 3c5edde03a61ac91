import type { ComponentChildren } from "preact";

import { inBoth } from "../language.ts";
import { TextField } from "./field.tsx";

const words = inBoth({
  en: {
    label: "Only what a Gmail search finds",
    hint: "Left empty, everything. It works as in Gmail's own search box.",
    examples: "Examples",
    since: "From 2020 on",
    attachments: "With attachments",
    label_: "With a label of yours",
    from: "From one sender",
  },
  fr: {
    label: "Seulement ce que trouve une recherche Gmail",
    hint: "Vide : tout. Elle s'écrit comme dans la barre de recherche de Gmail.",
    examples: "Exemples",
    since: "À partir de 2020",
    attachments: "Avec pièces jointes",
    label_: "Avec un libellé à vous",
    from: "D'un expéditeur",
  },
});

const EXAMPLES = [
  ["since", "after:2020/01/01"],
  ["attachments", "has:attachment"],
  ["label_", "label:travel"],
  ["from", "from:ada@example.com"],
] as const;

export function SearchField({
  value,
  onValue,
  wrong,
}: {
  value: string;
  onValue: (value: string) => void;
  wrong: ComponentChildren;
}) {
  const w = words();
  return (
    <div class="field-group">
      <TextField label={w.label} hint={w.hint} value={value} onValue={onValue} mode="search" wrong={wrong} />
      <div class="examples" role="group" aria-label={w.examples}>
        {EXAMPLES.map(([name, query]) => (
          <button key={name} type="button" class="quiet" onClick={() => onValue(query)}>
            {w[name]} <code>{query}</code>
          </button>
        ))}
      </div>
    </div>
  );
}
