import { duration, number, share } from "../format.ts";
import { inBoth } from "../language.ts";
import type { Estimate } from "./api.ts";

const words = inBoth({
  en: {
    title: "What it will take",
    underAMinute: "Less than a minute",
    about: (span: string) => `About ${span}`,
    older: (span: string) =>
      `Less, about ${span}, if your Google project is an old one, from before May 2026: that is found out as the export goes.`,
    lessThan: (part: string) => `less than ${part}`,
    nothing: "Nothing to fetch: no message is found.",
    limit: (messages: number, perMinute: number, tier: "2026" | "legacy") =>
      `${number(messages)} ${messages === 1 ? "message" : "messages"} at Google's limit of about ${number(perMinute)} a minute for ${
        tier === "2026" ? "new projects (made since May 2026)" : "projects made before May 2026"
      }.`,
    messages: "Messages",
    conversations: "Conversations",
    units: "Quota units",
    withAttachments: "With attachments",
    withOriginals: "With originals too",
    dayLong: (part: string) => `Google lets a project spend 80,000,000 units a day; this takes ${part} of them.`,
  },
  fr: {
    title: "Ce que cela demandera",
    underAMinute: "Moins d'une minute",
    about: (span: string) => `Environ ${span}`,
    older: (span: string) =>
      `Moins, environ ${span}, si votre projet Google est ancien, d'avant mai 2026 : cela se découvre pendant l'export.`,
    lessThan: (part: string) => `moins de ${part}`,
    nothing: "Rien à lire : aucun message n'est trouvé.",
    limit: (messages: number, perMinute: number, tier: "2026" | "legacy") =>
      `${number(messages)} ${messages < 2 ? "message" : "messages"}, à la limite de Google d'environ ${number(perMinute)} par minute pour les ${
        tier === "2026" ? "nouveaux projets (créés depuis mai 2026)" : "projets créés avant mai 2026"
      }.`,
    messages: "Messages",
    conversations: "Conversations",
    units: "Unités de quota",
    withAttachments: "Avec les pièces jointes",
    withOriginals: "Avec les originaux aussi",
    dayLong: (part: string) => `Google accorde 80 000 000 unités par jour à un projet ; ceci en prend ${part}.`,
  },
});

/** Less is not told apart from nothing. */
const HARDLY = 0.0001;

/** The answer to "how long?", in words first and then in figures. */
export function EstimateOf({ of }: { of: Estimate }) {
  const w = words();
  const { messages, conversations, units, tier, minutes, text, attachments, originals, share_of_day: part } = of;
  const older = typeof text.minutes === "number" ? undefined : text.minutes[0];
  const ofDay = part > 0 && part < HARDLY ? w.lessThan(share(HARDLY)) : share(part);
  if (messages === 0) return <p>{w.nothing}</p>;
  return (
    <>
      <p class="headline">{minutes < 1 ? w.underAMinute : w.about(duration(minutes * 60_000, "long"))}</p>
      {older !== undefined && minutes >= 1 ? (
        <p>{w.older(duration(older * 60_000, "long"))}</p>
      ) : (
        minutes >= 1 && <p>{w.limit(messages, messages / minutes, tier)}</p>
      )}
      <dl class="figures close">
        <div>
          <dt>{w.messages}</dt>
          <dd>{number(messages)}</dd>
        </div>
        <div>
          <dt>{w.conversations}</dt>
          <dd>{number(conversations)}</dd>
        </div>
        <div>
          <dt>{w.units}</dt>
          <dd>{number(units)}</dd>
        </div>
        {attachments && (
          <div>
            <dt>{w.withAttachments}</dt>
            <dd>{number(attachments.units)}</dd>
          </div>
        )}
        {originals && (
          <div>
            <dt>{w.withOriginals}</dt>
            <dd>{number(originals.units)}</dd>
          </div>
        )}
      </dl>
      <p class="small dim">{w.dayLong(ofDay)}</p>
    </>
  );
}
