import { useEffect, useRef, useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import type { ChangeQuestion } from "./api.ts";

const words = inBoth({
  en: {
    search: "Search the changes",
    hint: "By the name of a label, the id of a message, or what happened: added, deleted, labels, label.",
    since: "From this day on",
  },
  fr: {
    search: "Rechercher dans les changements",
    hint: "Par nom de libellé, identifiant de message, ou genre : added (nouveau), deleted (supprimé), labels (libellés changés), label (libellé créé, renommé ou supprimé).",
    since: "À partir de ce jour",
  },
});

/** Long enough that not every letter is a request, short enough that nobody waits for it. */
const TYPING_PAUSE_MS = 250;

/** As the server allows. */
const LONGEST = 500;

/** What is searched for stays in memory: it may name labels, and an address is kept in the browser's history. */
export function ChangesForm({
  question,
  onAsk,
}: {
  question: ChangeQuestion;
  onAsk: (question: ChangeQuestion) => void;
}) {
  const w = words();
  const [typed, type] = useState(question);
  const latest = useRef({ question, onAsk });
  latest.current = { question, onAsk };
  const ask = (now: ChangeQuestion): void => {
    const { question: last, onAsk: told } = latest.current;
    if (now.words.trim() !== last.words.trim() || now.since !== last.since) told(now);
  };
  useEffect(() => {
    const timer = setTimeout(() => ask(typed), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <form
      role="search"
      class="mail-search"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        ask(typed);
      }}
    >
      <label>
        {w.search}
        <input
          type="search"
          spellcheck={false}
          aria-describedby="search-hint"
          maxLength={LONGEST}
          value={typed.words}
          onInput={({ currentTarget }) => type({ ...typed, words: currentTarget.value })}
        />
      </label>
      <p class="hint" id="search-hint">
        {w.hint}
      </p>
      <div class="filters">
        <label>
          {w.since}
          <input
            type="date"
            value={typed.since}
            onChange={({ currentTarget }) => type({ ...typed, since: currentTarget.value })}
          />
        </label>
      </div>
    </form>
  );
}
