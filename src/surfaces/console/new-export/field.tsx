import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { Sentence } from "../parts/sentence.tsx";

/** What ties a control to its hint and to what was wrong with it, for readers. */
type Described = Readonly<{ id: string; "aria-describedby"?: string; "aria-invalid"?: "true" }>;

type About = Readonly<{ hint?: string | undefined; wrong?: ComponentChildren }>;

/** The server's own sentence. */
export function said(complaint: string | undefined): ComponentChildren {
  return complaint === undefined ? undefined : <Sentence text={complaint} />;
}

/** Gives a control its id, and the elements that describe it: `hint` before, and below what the server refused. */
export function useDescribed({ hint, wrong }: About) {
  const id = useId();
  const describedBy = [hint !== undefined && `${id}-hint`, wrong !== undefined && `${id}-wrong`].filter(Boolean);
  const control: Described = {
    id,
    ...(describedBy.length > 0 && { "aria-describedby": describedBy.join(" ") }),
    ...(wrong !== undefined && { "aria-invalid": "true" }),
  };
  return {
    control,
    hint: hint !== undefined && (
      <span class="hint" id={`${id}-hint`}>
        {hint}
      </span>
    ),
    wrong: wrong !== undefined && (
      <span class="wrong" id={`${id}-wrong`}>
        {wrong}
      </span>
    ),
  };
}

/** One line of text to fill in. */
export function TextField({
  label,
  value,
  onValue,
  mode,
  short = false,
  ...about
}: About & {
  label: string;
  value: string;
  onValue: (value: string) => void;
  mode?: "numeric" | "search";
  short?: boolean;
}) {
  const { control, hint, wrong } = useDescribed(about);
  return (
    <div class="field">
      <label for={control.id}>{label}</label>
      <input
        type="text"
        {...control}
        class={short ? "short" : ""}
        inputMode={mode}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      {hint}
      {wrong}
    </div>
  );
}
