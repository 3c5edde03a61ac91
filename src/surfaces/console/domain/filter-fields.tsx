import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { TextField, useDescribed } from "../new-export/field.tsx";
import { Notice } from "../parts/failure.tsx";
import { readListFile, type AccountsFilter, type ListFile } from "./filter.ts";

const words = inBoth({
  en: {
    unit: "Organisational unit",
    everybody: "Everybody",
    unitHint: "With the units below it.",
    match: "Address",
    matchHint: "Any part of it, or with * for any text.",
    group: "Group",
    groupHint: "Its address; with the groups inside it.",
    look: "Look up",
    file: "A file of addresses",
    fileHint: "One a line, UTF-8; what begins with # is passed over.",
    noText: "This file is no UTF-8 text. Save it as UTF-8, one address a line.",
    another: "No file",
    rubbish: (name: string, count: number) =>
      `${number(count)} ${count === 1 ? "line" : "lines"} of ${name} ${count === 1 ? "is" : "are"} no address. Mend the file and choose it again; until then nobody can be chosen by it.`,
    line: (at: number) => `Line ${number(at)}`,
    unknown: (count: number) =>
      `${number(count)} ${count === 1 ? "address is nobody's" : "addresses are nobody's"} in this domain:`,
  },
  fr: {
    unit: "Unité organisationnelle",
    everybody: "Tout le monde",
    unitHint: "Avec les unités en dessous.",
    match: "Adresse",
    matchHint: "Une partie quelconque, ou avec * pour tout texte.",
    group: "Groupe",
    groupHint: "Son adresse ; avec les groupes qu'il contient.",
    look: "Chercher",
    file: "Un fichier d'adresses",
    fileHint: "Une par ligne, en UTF-8 ; ce qui commence par # est ignoré.",
    noText: "Ce fichier n'est pas du texte UTF-8. Enregistrez-le en UTF-8, une adresse par ligne.",
    another: "Sans fichier",
    rubbish: (name: string, count: number) =>
      `${number(count)} ${count < 2 ? "ligne" : "lignes"} de ${name} ${count < 2 ? "n'est pas une adresse" : "ne sont pas des adresses"}. Corrigez le fichier et choisissez-le à nouveau ; d'ici là, il ne choisit personne.`,
    line: (at: number) => `Ligne ${number(at)}`,
    unknown: (count: number) =>
      `${number(count)} ${count < 2 ? "adresse n'est" : "adresses ne sont"} à personne dans ce domaine :`,
  },
});

/** Which accounts are shown. The group is asked for when it has been typed whole; everything else as it is typed. */
export function FilterFields({
  filter,
  units,
  change,
  onGroup,
}: {
  filter: AccountsFilter;
  units: readonly string[];
  change: (part: Partial<AccountsFilter>) => void;
  onGroup: (group: string | undefined) => void;
}) {
  const w = words();
  const [group, setGroup] = useState("");
  return (
    <form
      role="search"
      class="new-export domain-filters"
      onSubmit={(event) => {
        event.preventDefault();
        onGroup(group.trim() || undefined);
      }}
    >
      <UnitField units={units} value={filter.unit} onValue={(unit) => change({ unit })} />
      <TextField
        label={w.match}
        hint={w.matchHint}
        mode="search"
        value={filter.match}
        onValue={(match) => change({ match })}
      />
      <GroupField value={group} onValue={setGroup} />
      <FileField file={filter.file} onFile={(file) => change({ file })} />
    </form>
  );
}

function UnitField({
  units,
  value,
  onValue,
}: {
  units: readonly string[];
  value: string;
  onValue: (unit: string) => void;
}) {
  const w = words();
  const { control, hint } = useDescribed({ hint: w.unitHint });
  return (
    <div class="field">
      <label for={control.id}>{w.unit}</label>
      <select {...control} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        <option value="">{w.everybody}</option>
        {units.map((unit) => (
          <option key={unit} value={unit}>
            {unit}
          </option>
        ))}
      </select>
      {hint}
    </div>
  );
}

function GroupField({ value, onValue }: { value: string; onValue: (group: string) => void }) {
  const w = words();
  const { control, hint } = useDescribed({ hint: w.groupHint });
  return (
    <div class="field">
      <label for={control.id}>{w.group}</label>
      <div class="beside">
        <input
          type="text"
          {...control}
          inputMode="email"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
        <button type="submit">{w.look}</button>
      </div>
      {hint}
    </div>
  );
}

function FileField({ file, onFile }: { file: ListFile | undefined; onFile: (file: ListFile | undefined) => void }) {
  const w = words();
  const reading = useAction(async (chosen: File) => onFile(await readListFile(chosen)));
  const { control, hint, wrong } = useDescribed({
    hint: w.fileHint,
    wrong: reading.error === undefined ? undefined : w.noText,
  });
  return (
    <div class="field">
      <label for={control.id}>{w.file}</label>
      <input
        type="file"
        {...control}
        accept=".txt,.csv,text/plain"
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          if (chosen) reading.run(chosen);
          else onFile(undefined);
        }}
      />
      {hint}
      {wrong}
      {file && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            document.querySelector<HTMLInputElement>(`#${CSS.escape(control.id)}`)!.value = "";
            onFile(undefined);
          }}
        >
          {w.another}
        </button>
      )}
    </div>
  );
}

/** What of a chosen file is no address, line by line, and what is nobody's. */
export function FileTrouble({ file, unknown }: { file: ListFile | undefined; unknown: readonly string[] }) {
  const w = words();
  if (file === undefined) return null;
  return (
    <>
      {file.rubbish.length > 0 && (
        <Notice kind="bad">
          <p>{w.rubbish(file.name, file.rubbish.length)}</p>
          <Named items={file.rubbish.map(w.line)} />
        </Notice>
      )}
      {unknown.length > 0 && (
        <Notice kind="warn">
          <p>{w.unknown(unknown.length)}</p>
          <Named items={unknown} />
        </Notice>
      )}
    </>
  );
}

/** Each by name, in a box that scrolls where there are many. */
function Named({ items }: { items: readonly string[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too
    <ul class="named" tabIndex={0}>
      {items.map((item) => (
        <li key={item}>
          <bdi>{item}</bdi>
        </li>
      ))}
    </ul>
  );
}
