import { inBoth } from "../language.ts";
import { TextField } from "./field.tsx";
import type { Draft } from "./form.ts";

const words = inBoth({
  en: {
    which: "How many messages?",
    all: "All of them",
    newest: "Only the newest",
    count: "How many of the newest",
    wrong: "A whole number, 1 or more.",
  },
  fr: {
    which: "Combien de messages ?",
    all: "Tous",
    newest: "Seulement les plus récents",
    count: "Combien des plus récents",
    wrong: "Un nombre entier, 1 ou plus.",
  },
});

export function HowMany({
  draft: { howMany, newest },
  change,
  isRefused,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  isRefused: boolean;
}) {
  const w = words();
  return (
    <fieldset>
      <legend>{w.which}</legend>
      {(["all", "newest"] as const).map((choice) => (
        <label key={choice} class="choice">
          <input
            type="radio"
            name="how-many"
            checked={howMany === choice}
            onChange={() => change({ howMany: choice })}
          />
          {w[choice]}
        </label>
      ))}
      {howMany === "newest" && (
        <TextField
          label={w.count}
          value={newest}
          onValue={(value) => change({ newest: value })}
          mode="numeric"
          short
          wrong={isRefused ? w.wrong : undefined}
        />
      )}
    </fieldset>
  );
}
