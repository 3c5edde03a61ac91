import type { ComponentChildren } from "preact";

import type { Export } from "../exports-api.ts";
import { dateTime, number } from "../format.ts";
import { inBoth } from "../language.ts";

const words = inBoth({
  en: {
    title: "What was asked for",
    which: "Messages",
    all: "All",
    newest: (count: number) => (count === 1 ? "The newest one" : `The newest ${number(count)}`),
    query: "Found by the search",
    labels: "With the labels",
    spamAndTrash: "Spam and trash",
    attachments: "Contents of attachments",
    formats: "Written as",
    yes: "Included",
    no: "Left out",
    batch: "Messages in each file",
    created: "Begun",
    priority: "Priority",
    worker: "Run by",
    since: (time: string) => `since ${time}`,
  },
  fr: {
    title: "Ce qui a été demandé",
    which: "Messages",
    all: "Tous",
    newest: (count: number) => (count < 2 ? "Le plus récent" : `Les ${number(count)} plus récents`),
    query: "Trouvés par la recherche",
    labels: "Portant les libellés",
    spamAndTrash: "Spam et corbeille",
    attachments: "Contenu des pièces jointes",
    formats: "Écrit en",
    yes: "Inclus",
    no: "Exclus",
    batch: "Messages par fichier",
    created: "Commencé",
    priority: "Priorité",
    worker: "Exécuté par",
    since: (time: string) => `depuis ${time}`,
  },
});

/** The request that the export carries out. */
export function Asked({ of }: { of: Export }) {
  const w = words();
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <dl class="asked">
        <Entry name={w.which}>{of.max_emails === null ? w.all : w.newest(of.max_emails)}</Entry>
        {of.query !== "" && (
          <Entry name={w.query}>
            <code>{of.query}</code>
          </Entry>
        )}
        {of.labels.length > 0 && (
          <Entry name={w.labels}>
            <code>{of.labels.join(", ")}</code>
          </Entry>
        )}
        <Entry name={w.spamAndTrash}>{of.include_spam_trash ? w.yes : w.no}</Entry>
        <Entry name={w.attachments}>{of.attachments ? w.yes : w.no}</Entry>
        <Entry name={w.formats}>{["json", ...of.formats].join(", ")}</Entry>
        <Entry name={w.batch}>{number(of.batch_size)}</Entry>
        {of.priority !== undefined && <Entry name={w.priority}>{of.priority}</Entry>}
        <Entry name={w.created}>{dateTime(of.created_at)}</Entry>
        {of.worker && (
          <Entry name={w.worker}>
            {of.worker.id}
            <span class="hint">{w.since(dateTime(of.worker.since))}</span>
          </Entry>
        )}
      </dl>
    </section>
  );
}

function Entry({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
