import { inBoth } from "../language.ts";
import { said, useDescribed } from "./field.tsx";
import { before, nameIn } from "./form.ts";

const words = inBoth({
  en: {
    folder: "Folder",
    hint: "On the computer where gmail-export runs. Left empty, it is named after the account. One that holds the same export already is brought up to date; nothing is fetched twice.",
    use: "Use the free folder",
  },
  fr: {
    folder: "Dossier",
    hint: "Sur l'ordinateur où tourne gmail-export. Vide, il porte le nom du compte. S'il contient déjà le même export, celui-ci est mis à jour ; rien n'est lu deux fois.",
    use: "Prendre le dossier libre",
  },
});

/** The name of a folder in EXPORT_DIR, whose path stands before it; `free` is one that the server proposes. */
export function FolderField({
  exportDir,
  value,
  onValue,
  complaint,
  free,
}: {
  exportDir: string;
  value: string;
  onValue: (name: string) => void;
  complaint: string | undefined;
  free: string | undefined;
}) {
  const w = words();
  const { control, hint, wrong } = useDescribed({ hint: w.hint, wrong: said(complaint) });
  const proposed = free === undefined ? undefined : nameIn(exportDir, free);
  return (
    <div class="field">
      <label for={control.id}>{w.folder}</label>
      <div class="folder">
        <code id={`${control.id}-before`}>{before(exportDir)}</code>
        <input
          type="text"
          {...control}
          aria-describedby={`${control.id}-before ${control["aria-describedby"]}`}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      </div>
      {hint}
      {wrong}
      {proposed !== undefined && proposed !== value.trim() && (
        <button type="button" class="quiet" onClick={() => onValue(proposed)}>
          {w.use} <code>{proposed}</code>
        </button>
      )}
    </div>
  );
}
