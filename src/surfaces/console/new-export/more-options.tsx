import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import { said, TextField } from "./field.tsx";
import { FolderField } from "./folder-field.tsx";
import type { Draft, Field } from "./form.ts";

const words = inBoth({
  en: {
    more: "More options",
    labels: "Only messages that have all of these labels",
    names: {
      INBOX: "Inbox",
      STARRED: "Starred",
      IMPORTANT: "Important",
      SENT: "Sent",
      DRAFT: "Drafts",
      UNREAD: "Unread",
    },
    others: "Other labels, by name or id",
    othersHint: "With commas between them, such as Travel/Lisbon, CATEGORY_PERSONAL.",
    batch: "Messages in each file",
    wrongBatch: "A whole number from 1 to 100,000.",
    batchHint:
      "5,000 unless you say otherwise, 100,000 at most. Smaller files are easier to open in an editor; larger ones are fewer.",
  },
  fr: {
    more: "Plus d'options",
    labels: "Seulement les messages qui portent tous ces libellés",
    names: {
      INBOX: "Boîte de réception",
      STARRED: "Suivis",
      IMPORTANT: "Importants",
      SENT: "Envoyés",
      DRAFT: "Brouillons",
      UNREAD: "Non lus",
    },
    others: "Autres libellés, par nom ou identifiant",
    othersHint: "Séparés par des virgules, comme Voyages/Lisbonne, CATEGORY_PERSONAL.",
    batch: "Messages par fichier",
    wrongBatch: "Un nombre entier de 1 à 100 000.",
    batchHint:
      "5 000 si vous ne dites rien, 100 000 au plus. De petits fichiers s'ouvrent mieux dans un éditeur ; les grands sont moins nombreux.",
  },
});

const LABELS = ["INBOX", "STARRED", "IMPORTANT", "SENT", "DRAFT", "UNREAD"] as const;

/** What most people leave alone; it opens by itself when something in it was refused. */
export function MoreOptions({
  draft,
  change,
  complaints,
  exportDir,
  free,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  complaints: Partial<Record<Field, string>>;
  exportDir: string;
  free: string | undefined;
}) {
  const w = words();
  const [isOpen, setIsOpen] = useState(false);
  const isRefused = [complaints.labels, complaints.output_dir, complaints.batch_size].some(Boolean);
  useEffect(() => {
    if (isRefused) setIsOpen(true);
  }, [isRefused]);
  return (
    <details class="more" open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>{w.more}</summary>
      <Labels draft={draft} change={change} wrong={said(complaints.labels)} />
      <FolderField
        exportDir={exportDir}
        value={draft.directory}
        onValue={(directory) => change({ directory })}
        complaint={complaints.output_dir}
        free={free}
      />
      <TextField
        label={w.batch}
        hint={w.batchHint}
        value={draft.batchSize}
        onValue={(batchSize) => change({ batchSize })}
        mode="numeric"
        short
        wrong={complaints.batch_size === undefined ? undefined : w.wrongBatch}
      />
    </details>
  );
}

function Labels({
  draft: { labels, otherLabels },
  change,
  wrong,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  wrong: ComponentChildren;
}) {
  const w = words();
  const toggle = (label: string, on: boolean): void =>
    change({ labels: on ? [...labels, label] : labels.filter((one) => one !== label) });
  return (
    <fieldset>
      <legend>{w.labels}</legend>
      <div class="label-choices">
        {LABELS.map((label) => (
          <label key={label} class="choice">
            <input
              type="checkbox"
              checked={labels.includes(label)}
              onChange={({ currentTarget }) => toggle(label, currentTarget.checked)}
            />
            {w.names[label]}
          </label>
        ))}
      </div>
      <TextField
        label={w.others}
        hint={w.othersHint}
        value={otherLabels}
        onValue={(value) => change({ otherLabels: value })}
        wrong={wrong}
      />
    </fieldset>
  );
}
