export type Label = Readonly<{
  id: string;
  name: string;
  type: "system" | "user";
  messageListVisibility?: string;
  labelListVisibility?: string;
  color?: Readonly<{ textColor: string; backgroundColor: string }>;
}>;

const system = (id: string): Label => ({ id, name: id, type: "system" });
const hidden = (id: string): Label => ({
  ...system(id),
  messageListVisibility: "hide",
  labelListVisibility: "labelHide",
});
const user = (id: string, name: string): Label => ({
  id,
  name,
  type: "user",
  messageListVisibility: "show",
  labelListVisibility: "labelShow",
});

/** What labels.list answers. Label_404 stays out of it although messages carry it, as happens at Gmail. */
export const LABELS: readonly Label[] = [
  hidden("CHAT"),
  system("SENT"),
  system("INBOX"),
  hidden("IMPORTANT"),
  system("TRASH"),
  system("DRAFT"),
  system("SPAM"),
  ...["FORUMS", "UPDATES", "PERSONAL", "PROMOTIONS", "SOCIAL"].map((name) => hidden(`CATEGORY_${name}`)),
  system("STARRED"),
  system("UNREAD"),
  user("Label_1", "Travel"),
  { ...user("Label_2", "Travel/Lisbon"), color: { textColor: "#ffffff", backgroundColor: "#16a765" } },
  user("Label_7", 'Work/Clients/Müller & Søn, "A..Z" 🗂️'),
  user("Label_5240519872341", "no parent/../child"),
];

/** Where mail lies, in turn. */
export const PLACEMENTS: readonly (readonly string[])[] = [
  ["UNREAD", "IMPORTANT", "CATEGORY_PERSONAL", "INBOX"],
  ["CATEGORY_PROMOTIONS", "INBOX"],
  ["UNREAD", "CATEGORY_UPDATES", "INBOX"],
  ["SENT"],
  ["Label_1"],
  ["CATEGORY_PERSONAL", "INBOX", "Label_2"],
  ["STARRED", "INBOX"],
  ["UNREAD", "SPAM"],
  ["TRASH"],
  [],
  ["INBOX", "Label_404"],
  ["CATEGORY_SOCIAL"],
  ["CATEGORY_FORUMS", "INBOX", "Label_7"],
  ["IMPORTANT", "Label_5240519872341", "Label_1"],
  ["SENT", "INBOX"],
  ["DRAFT"],
  ["INBOX"],
];

/** For benchmarks every message counts, so none lies in SPAM or TRASH. */
export const PLAIN_PLACEMENTS = PLACEMENTS.filter(
  (labelIds) => !labelIds.includes("SPAM") && !labelIds.includes("TRASH"),
);

export const CHAT: readonly string[] = ["CHAT"];
export const DRAFT: readonly string[] = ["DRAFT"];
