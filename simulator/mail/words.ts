import type { Person } from "./header.ts";
import type { Random } from "./random.ts";

/** What the simulated people write about. All names and addresses are reserved examples (RFC 2606). */
export const PEOPLE: readonly Person[] = [
  { name: "Grace Hopper", address: "grace@example.com" },
  { name: "", address: "no-reply@shop.example" },
  { name: "Łukasz Żółć", address: "lukasz@example.org" },
  { name: "Turing, Alan", address: "alan@example.net" },
  { name: "José da Conceição", address: "jose@lisboa.example" },
  { name: 'Team "Fast Lane"', address: "team@lists.example.org" },
  { name: "王小明", address: "xiaoming@example.com.cn" },
  { name: "Katherine J.", address: "katherine+travel@example.org" },
  { name: "Дарья Иванова", address: "darya@example.net" },
  { name: "🚲 Bike Kitchen", address: "hello@bikes.example" },
];

export const SUBJECTS: readonly string[] = [
  "Minutes of Tuesday",
  "Your order #4711 has shipped",
  "Lisbon: trains & hotel",
  "Re-reading the contract",
  "Quarterly figures <draft>",
  "Invoice 2026-118",
  "Dinner on Friday?",
  "Weekly digest: 7 new posts",
  "Security alert for your account",
  "Can't make it tomorrow",
  "Photos from the coast",
  "[dev-list] patch review",
];

const SENTENCES: readonly string[] = [
  "Thanks for the notes from yesterday, they were very clear.",
  "The train leaves at 7:42 from platform 3 & arrives before noon.",
  "I don't think we need more than two rooms.",
  "If a < b, then the second proof is shorter.",
  "Please have a look before Thursday, otherwise we lose the slot.",
  "The numbers in the third column look too good to be true.",
  'She said "never again" and then did it again.',
  "We agreed on 1,250.00 € including everything.",
  "Everyone is welcome – bring a friend, a cake or a good story.",
  "Nothing else changed since the last version.",
  "The key is under the mat, as always.",
  "Could you send me the file once more? The link has expired.",
  "It rained for three days; the garden is happy.",
  "I will call you when the parcel is here.",
];

/** Texts for the charsets that old mail is written in. */
export const FOREIGN = {
  portuguese: {
    subject: "Viagem a Évora – não",
    text: "Olá José,\n\njá chegámos a Évora. Amanhã visitamos a Sé e o Templo de Diana.\n\nAté breve, João\n",
  },
  latin1: {
    subject: "Grüße aus Köln",
    text: "Schöne Grüße aus Köln!\n\nÀ bientôt, garçon. ¿Qué tal? Ça va très bien.\n",
  },
  windows1252: {
    subject: "Price list",
    text: "“Smart quotes” cost 20 € — or so it’s said…\n\nNaïve façade, crème brûlée.\n",
  },
  russian: {
    subject: "Встреча в четверг",
    text: "Добрый день!\n\nВстреча переносится на четверг, в десять утра. Ещё раз спасибо.\n\nДарья\n",
  },
  japanese: {
    subject: "会議のお知らせ",
    text: "田中様\n\nいつもお世話になっております。会議は木曜日の10時からです。\nよろしくお願いします。\n",
  },
  chinese: { subject: "会议通知", text: "您好!\n\n会议改到星期四上午十点,请准时参加。谢谢。\n\n王小明\n" },
  hebrew: { subject: "שלום עולם", text: "שלום,\n\nהפגישה תתקיים ביום חמישי.\nתודה!\n" },
  emoji: { subject: "🎉 Party 👩‍👩‍👧‍👦 on 🇵🇹 day", text: "See you there 🥳!\n\n👩🏽‍💻 brings the music, 🐙 the drinks.\n" },
} as const;

const sentence = (random: Random) => random.pick(SENTENCES);

export function paragraphs(random: Random, count = 1 + random.int(4)): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.int(3) }, () => sentence(random)).join(" "),
  );
}

export const asPlain = (lines: readonly string[]) => `${lines.join("\n\n")}\n`;

export const asHtml = (lines: readonly string[], more = "") =>
  `<html><head><style>p { color: #333 }</style></head>\n<body>\n${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n")}\n${more}</body></html>\n`;

/** The five entities Gmail uses in snippets. */
export const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character)!);

const ENTITIES = new Map(Object.entries({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }));

/** At least `bytes` of varied UTF-8 prose. */
export function longText(random: Random, bytes: number): string {
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += lines.at(-1)!.length + 1) lines.push(sentence(random));
  return `${lines.join("\n")}\n`;
}
