import { duration, number, share } from "../format.ts";
import { inBoth } from "../language.ts";
import type { Estimate } from "./api.ts";
import { Costs, kindOf } from "./costs.tsx";
import type { Draft } from "./form.ts";

const words = inBoth({
  en: {
    title: "What it will take",
    underAMinute: "Less than a minute",
    about: (span: string) => `About ${span}`,
    between: (least: string, most: string) => `From ${least} to ${most}`,
    notKnown: "What Google allows this project, and what it charges for these reads, is found out as the export goes.",
    lessThan: (part: string) => `less than ${part}`,
    nothing: "Nothing to fetch: no message is found.",
    limit: (messages: number, perMinute: number, tier: "2026" | "legacy") =>
      `${number(messages)} ${messages === 1 ? "message" : "messages"} at Google's limit of about ${number(perMinute)} a minute for ${
        tier === "2026" ? "new projects (made since May 2026)" : "projects made before May 2026"
      }.`,
    messages: "Messages",
    conversations: "Conversations",
    dayLong: (part: string) => `Google lets a project spend 80,000,000 units a day; this takes ${part} of them.`,
  },
  fr: {
    title: "Ce que cela demandera",
    underAMinute: "Moins d'une minute",
    about: (span: string) => `Environ ${span}`,
    between: (least: string, most: string) => `De ${least} à ${most}`,
    notKnown: "Ce que Google accorde à ce projet, et ce qu'il compte pour ces lectures, se découvre pendant l'export.",
    lessThan: (part: string) => `moins de ${part}`,
    nothing: "Rien à lire : aucun message n'est trouvé.",
    limit: (messages: number, perMinute: number, tier: "2026" | "legacy") =>
      `${number(messages)} ${messages < 2 ? "message" : "messages"}, à la limite de Google d'environ ${number(perMinute)} par minute pour les ${
        tier === "2026" ? "nouveaux projets (créés depuis mai 2026)" : "projets créés avant mai 2026"
      }.`,
    messages: "Messages",
    conversations: "Conversations",
    dayLong: (part: string) => `Google accorde 80 000 000 unités par jour à un projet ; ceci en prend ${part}.`,
  },
});

/** Less is not told apart from nothing. */
const HARDLY = 0.0001;

/** The answer to "how long?" for what is chosen, in words first and then in figures, beside what else there is to choose. */
export function EstimateOf({ of, draft }: { of: Estimate; draft: Draft }) {
  const w = words();
  const { messages, conversations, tier, share_of_day: part } = of;
  const kind = kindOf(draft);
  const { minutes } = of[kind];
  const [least, most] = typeof minutes === "number" ? [minutes, minutes] : minutes;
  const [from, to] = [spelled(least), spelled(most)];
  const ofDay = part > 0 && part < HARDLY ? w.lessThan(share(HARDLY)) : share(part);
  if (messages === 0) return <p>{w.nothing}</p>;
  return (
    <>
      <p class="headline">{most < 1 ? w.underAMinute : from === to ? w.about(to) : w.between(from, to)}</p>
      {most >= 1 && <p>{from === to ? w.limit(messages, messages / most, tier) : w.notKnown}</p>}
      <dl class="figures close">
        <div>
          <dt>{w.messages}</dt>
          <dd>{number(messages)}</dd>
        </div>
        <div>
          <dt>{w.conversations}</dt>
          <dd>{number(conversations)}</dd>
        </div>
      </dl>
      <Costs of={of} chosen={kind} />
      {kind === "text" && <p class="small dim">{w.dayLong(ofDay)}</p>}
    </>
  );
}

function spelled(minutes: number): string {
  return duration(minutes * 60_000, "long");
}
