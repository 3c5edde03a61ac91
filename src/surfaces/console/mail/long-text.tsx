import { useState } from "preact/hooks";

import { number } from "../format.ts";
import { inBoth } from "../language.ts";

const words = inBoth({
  en: { rest: (count: string) => `Show the rest (${count} characters)` },
  fr: { rest: (count) => `Afficher la suite (${count} caractères)` },
});

/** More than anybody reads at once, and less than makes a browser slow. */
const FIRST_CHARACTERS = 200_000;

/** A text of any length; of a very long one the beginning, and the rest when asked for. It is only ever text. */
export function LongText({ text, first = FIRST_CHARACTERS }: { text: string; first?: number }) {
  const [isWhole, setIsWhole] = useState(false);
  const rest = text.length - first;
  if (isWhole || rest <= 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, first).toWellFormed()}…{" "}
      <button type="button" class="quiet" onClick={() => setIsWhole(true)}>
        {words().rest(number(rest))}
      </button>
    </>
  );
}
