import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import { LONGEST_SEARCH, SearchBox } from "../parts/search-box.tsx";
import { useTyped } from "../typing.ts";
import { labelName } from "./label-name.ts";
import { ANYTHING, filtersIn, isNarrow, isSame, type Question } from "./question.ts";

const words = inBoth({
  en: {
    search: "Search this export",
    hint: "Sender, recipients, subject and first lines: what begins with your words is found.",
    filters: "Filters",
    inUse: (count: number) => `${count} in use`,
    from: "From",
    subject: "Subject",
    label: "Label",
    any: "Any label",
    after: "From this day on",
    before: "Before this day",
    order: "Order",
    newest: "Newest first",
    oldest: "Oldest first",
    clear: "Clear the search",
  },
  fr: {
    search: "Rechercher dans cet export",
    hint: "Expéditeur, destinataires, objet et premières lignes : ce qui commence par vos mots est trouvé.",
    filters: "Filtres",
    inUse: (count) => (count < 2 ? `${count} actif` : `${count} actifs`),
    from: "De",
    subject: "Objet",
    label: "Libellé",
    any: "Tous les libellés",
    after: "À partir de ce jour",
    before: "Avant ce jour",
    order: "Ordre",
    newest: "Les plus récents d'abord",
    oldest: "Les plus anciens d'abord",
    clear: "Effacer la recherche",
  },
});

type Label = Readonly<{ id: string; name: string }>;

export function SearchForm({
  question,
  labels,
  onAsk,
}: {
  question: Question;
  labels: readonly Label[];
  onAsk: (question: Question) => void;
}) {
  const w = words();
  const [typed, type] = useTyped(question, isSame, onAsk);
  const [isOpen] = useState(() => filtersIn(question) > 0 || matchMedia("(min-width: 48rem)").matches);
  const written = (name: keyof Question) => ({
    name,
    value: typed[name],
    maxLength: LONGEST_SEARCH,
    onInput: ({ currentTarget }: { currentTarget: { value: string } }) =>
      type({ ...typed, [name]: currentTarget.value }),
  });
  const chosen = (name: keyof Question) => ({
    name,
    value: typed[name],
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      const now = { ...typed, [name]: currentTarget.value };
      type(now);
      onAsk(now);
    },
  });
  const inUse = filtersIn(typed);
  return (
    <SearchBox label={w.search} hint={w.hint} field={written("search")} onSubmit={() => onAsk(typed)}>
      <details open={isOpen}>
        <summary>
          {w.filters} {inUse > 0 && <span class="dim">({w.inUse(inUse)})</span>}
        </summary>
        <div class="filters">
          <label>
            {w.from}
            <input type="text" spellcheck={false} {...written("from")} />
          </label>
          <label>
            {w.subject}
            <input type="text" {...written("subject")} />
          </label>
          <label>
            {w.label}
            <select {...chosen("label")}>
              <option value="">{w.any}</option>
              {choicesOf(labels, typed.label).map(({ id, name }) => (
                <option key={id} value={id}>
                  {labelName(id, name)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {w.after}
            <input type="date" max={typed.before || undefined} {...chosen("after")} />
          </label>
          <label>
            {w.before}
            <input type="date" min={typed.after || undefined} {...chosen("before")} />
          </label>
          <label>
            {w.order}
            <select {...chosen("order")}>
              <option value="newest">{w.newest}</option>
              <option value="oldest">{w.oldest}</option>
            </select>
          </label>
        </div>
      </details>
      {isNarrow(typed) && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            const cleared = { ...ANYTHING, order: typed.order };
            type(cleared);
            onAsk(cleared);
          }}
        >
          {w.clear}
        </button>
      )}
    </SearchBox>
  );
}

/** The one that is chosen is among them, also before the labels have come. */
function choicesOf(labels: readonly Label[], chosen: string): readonly Label[] {
  const isThere = chosen === "" || labels.some(({ id }) => id === chosen);
  return isThere ? labels : [...labels, { id: chosen, name: chosen }];
}
