import { FORMATS } from "../../../core/export/format.ts";
import { wordsOf } from "../format-words.ts";
import { inBoth } from "../language.ts";
import type { Draft } from "./form.ts";

const words = inBoth({
  en: {
    title: "What to keep",
    always: "Always a record of each message: its text, headers, labels, and a list of its attachments (JSON).",
    attachments: "The contents of attachments",
    about: "Each content once, however often it was sent. Pictures in messages are shown then.",
    cost: "Attachments and originals take more of Google's quota, and room on the disk: “Estimate first” says how much.",
  },
  fr: {
    title: "Ce qui est gardé",
    always:
      "Toujours un enregistrement de chaque message : texte, en-têtes, libellés et liste de ses pièces jointes (JSON).",
    attachments: "Le contenu des pièces jointes",
    about: "Chaque contenu une seule fois, même envoyé souvent. Les images des messages s'affichent alors.",
    cost: "Pièces jointes et originaux prennent plus du quota de Google, et de la place sur le disque : « Estimer d'abord » dit combien.",
  },
});

/** What is stored beside the records; the formats are those that there are. */
export function WhatToKeep({
  draft: { attachments, formats },
  change,
  isEstimated,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  isEstimated: boolean;
}) {
  const w = words();
  return (
    <fieldset class="kept">
      <legend>{w.title}</legend>
      <p class="hint">{w.always}</p>
      <Choice
        name={w.attachments}
        about={w.about}
        isChosen={attachments}
        onChoice={(isChosen) => change({ attachments: isChosen })}
      />
      {FORMATS.map((format) => (
        <Choice
          key={format}
          {...wordsOf(format)}
          isChosen={formats.includes(format)}
          onChoice={(isChosen) =>
            change({ formats: FORMATS.filter((one) => (one === format ? isChosen : formats.includes(one))) })
          }
        />
      ))}
      {isEstimated && <p class="hint">{w.cost}</p>}
    </fieldset>
  );
}

function Choice({
  name,
  about,
  isChosen,
  onChoice,
}: {
  name: string;
  about: string;
  isChosen: boolean;
  onChoice: (isChosen: boolean) => void;
}) {
  return (
    <label class="choice explained">
      <input type="checkbox" checked={isChosen} onChange={({ currentTarget }) => onChoice(currentTarget.checked)} />
      <span>
        {name}
        {about !== "" && <span class="hint">{about}</span>}
      </span>
    </label>
  );
}
