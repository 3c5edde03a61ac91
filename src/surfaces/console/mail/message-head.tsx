import type { ExportRecord } from "../../../core/mail/record.ts";
import { dateTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { to } from "../route.ts";
import { labelName } from "./label-name.ts";
import { legible } from "./legible.ts";
import { LongText } from "./long-text.tsx";
import { Misleading } from "./misleading.tsx";
import { personOf } from "./person.ts";
import { ANYTHING } from "./question.ts";
import { lookFor, searchOf } from "./search.ts";

const words = inBoth({
  en: {
    From: "From",
    To: "To",
    Cc: "Cc",
    Bcc: "Bcc",
    date: "Date",
    labels: "Labels",
    sent: "as sent:",
    see: (label: string) => `${label}: see all messages with this label`,
  },
  fr: {
    From: "De",
    To: "À",
    Cc: "Cc",
    Bcc: "Cci",
    date: "Date",
    labels: "Libellés",
    sent: "telle qu'envoyée :",
    see: (label) => `${label} : voir tous les messages avec ce libellé`,
  },
});

/** A message to thousands names them all. */
const FIRST_CHARACTERS = 600;

export function MessageHead({ id, record }: { id: string; record: ExportRecord }) {
  const w = words();
  const at = record["Internal-Date"];
  return (
    <dl class="message-head">
      {(["From", "To", "Cc", "Bcc"] as const)
        .filter((name) => record[name] !== "" || name === "From")
        .map((name) => (
          <div key={name}>
            <dt>{w[name]}</dt>
            <dd dir="auto">
              {name === "From" && personOf(record.From).isMisleading && <Misleading />}
              <LongText text={legible(record[name]) || "–"} first={FIRST_CHARACTERS} />
            </dd>
          </div>
        ))}
      <div>
        <dt>{w.date}</dt>
        <dd>
          {at !== "" && <time dateTime={at}>{dateTime(at)}</time>}{" "}
          {record.Date !== "" && (
            <span class="small dim">
              ({w.sent} <bdi>{legible(record.Date)}</bdi>)
            </span>
          )}
        </dd>
      </div>
      {record.Labels.length > 0 && (
        <div>
          <dt>{w.labels}</dt>
          <dd>
            <ul class="plain chips">
              {record.Labels.map((label, place) => {
                const name = labelName(label, record["Label-Names"][place]);
                return (
                  <li key={label}>
                    <a
                      class="chip"
                      href={to({ page: "mail", id })}
                      title={w.see(name)}
                      onClick={() => lookFor(searchOf(id), { ...ANYTHING, label })}
                    >
                      <bdi>{name}</bdi>
                    </a>
                  </li>
                );
              })}
            </ul>
          </dd>
        </div>
      )}
    </dl>
  );
}
