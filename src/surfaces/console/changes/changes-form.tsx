import { inBoth } from "../language.ts";
import { SearchBox } from "../parts/search-box.tsx";
import { useTyped } from "../typing.ts";
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

/** What is searched for stays in memory: it may name labels, and an address is kept in the browser's history. */
export function ChangesForm({
  question,
  onAsk,
}: {
  question: ChangeQuestion;
  onAsk: (question: ChangeQuestion) => void;
}) {
  const w = words();
  const [typed, type] = useTyped(question, isSame, onAsk);
  return (
    <SearchBox
      label={w.search}
      hint={w.hint}
      field={{ value: typed.words, onInput: ({ currentTarget }) => type({ ...typed, words: currentTarget.value }) }}
      onSubmit={() => onAsk(typed)}
    >
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
    </SearchBox>
  );
}

function isSame(one: ChangeQuestion, other: ChangeQuestion): boolean {
  return one.words.trim() === other.words.trim() && one.since === other.since;
}
