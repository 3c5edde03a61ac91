import type { ComponentChildren } from "preact";

/** As the server allows. */
export const LONGEST_SEARCH = 500;

type Field = Readonly<{
  name?: string;
  value: string;
  onInput: (event: { currentTarget: { value: string } }) => void;
}>;

/** The field in which is searched, with what is found by it below, and then what narrows that. */
export function SearchBox({
  label,
  hint,
  field,
  onSubmit,
  children,
}: {
  label: string;
  hint: string;
  field: Field;
  onSubmit: () => void;
  children: ComponentChildren;
}) {
  return (
    <form
      role="search"
      class="mail-search"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <label>
        {label}
        <input type="search" spellcheck={false} aria-describedby="search-hint" maxLength={LONGEST_SEARCH} {...field} />
      </label>
      <p class="hint" id="search-hint">
        {hint}
      </p>
      {children}
    </form>
  );
}
