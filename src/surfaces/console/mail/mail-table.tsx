import { bytes, date, dateTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { to } from "../route.ts";
import { legible } from "./legible.ts";
import { Misleading } from "./misleading.tsx";
import { Paperclip } from "./paperclip.tsx";
import { personOf } from "./person.ts";
import type { Summary } from "./records-api.ts";

const words = inBoth({
  en: {
    caption: "Messages; each subject opens its message",
    from: "From",
    subject: "Subject",
    attachments: "Attachments",
    date: "Date",
    size: "Size",
    noSubject: "(no subject)",
    noSender: "(no sender)",
    noDate: "no date",
    deleted: "Deleted in Gmail",
    seen: (at: string) => `Seen on ${at}`,
  },
  fr: {
    caption: "Messages ; chaque objet ouvre son message",
    from: "De",
    subject: "Objet",
    attachments: "Pièces jointes",
    date: "Date",
    size: "Taille",
    noSubject: "(sans objet)",
    noSender: "(sans expéditeur)",
    noDate: "sans date",
    deleted: "Supprimé dans Gmail",
    seen: (at) => `Constaté le ${at}`,
  },
});

/** Rows of mail; on a phone, two lines each. */
export function MailTable({
  id,
  records,
  isBusy,
  onOpen,
}: {
  id: string;
  records: readonly Summary[];
  isBusy: boolean;
  onOpen: (message: string) => void;
}) {
  const w = words();
  return (
    <table class="mail" aria-busy={isBusy}>
      <caption class="for-readers">{w.caption}</caption>
      <thead>
        <tr>
          <th class="sender" scope="col">
            {w.from}
          </th>
          <th class="subject" scope="col">
            {w.subject}
          </th>
          <th class="attached" scope="col">
            <span class="for-readers">{w.attachments}</span>
          </th>
          <th class="number date" scope="col">
            {w.date}
          </th>
          <th class="number size" scope="col">
            {w.size}
          </th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <Row key={record.id} id={id} record={record} onOpen={onOpen} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ id, record, onOpen }: { id: string; record: Summary; onOpen: (message: string) => void }) {
  const w = words();
  const { name, address, isMisleading } = personOf(record.from);
  return (
    <tr>
      <td class="sender">
        <bdi class="name">
          {isMisleading && <Misleading />}
          {name || address || w.noSender}
        </bdi>
        {name !== "" && <bdi class="address dim small">{address}</bdi>}
      </td>
      <td class="subject">
        <a
          href={to({ page: "mail", id, message: record.id })}
          id={`message-${record.id}`}
          onClick={() => onOpen(record.id)}
        >
          <bdi>{legible(record.subject).trim() || w.noSubject}</bdi>
        </a>
        {record.deleted_at !== null && (
          <span class="deleted small" title={w.seen(dateTime(record.deleted_at))}>
            {w.deleted}
          </span>
        )}
        <bdi class="snippet dim small">{legible(record.snippet)}</bdi>
      </td>
      <td class="attached">
        <Paperclip count={record.attachments} />
      </td>
      <td class="number date">
        {record.date === null ? (
          <span class="dim">{w.noDate}</span>
        ) : (
          <time dateTime={record.date} title={dateTime(record.date)}>
            {date(record.date)}
          </time>
        )}
      </td>
      <td class="number size dim">{bytes(record.size_estimate)}</td>
    </tr>
  );
}
