import { inBoth } from "../language.ts";
import { legible } from "./legible.ts";

/** Gmail's own labels, as Gmail calls them in each language. */
const words = inBoth<Readonly<Record<string, string>>>({
  en: {
    INBOX: "Inbox",
    SENT: "Sent",
    DRAFT: "Drafts",
    SPAM: "Spam",
    TRASH: "Trash",
    STARRED: "Starred",
    UNREAD: "Unread",
    IMPORTANT: "Important",
    CHAT: "Chats",
    CATEGORY_PERSONAL: "Primary",
    CATEGORY_SOCIAL: "Social",
    CATEGORY_PROMOTIONS: "Promotions",
    CATEGORY_UPDATES: "Updates",
    CATEGORY_FORUMS: "Forums",
  },
  fr: {
    INBOX: "Boîte de réception",
    SENT: "Messages envoyés",
    DRAFT: "Brouillons",
    SPAM: "Spam",
    TRASH: "Corbeille",
    STARRED: "Suivis",
    UNREAD: "Non lus",
    IMPORTANT: "Importants",
    CHAT: "Discussions",
    CATEGORY_PERSONAL: "Principale",
    CATEGORY_SOCIAL: "Réseaux sociaux",
    CATEGORY_PROMOTIONS: "Promotions",
    CATEGORY_UPDATES: "Notifications",
    CATEGORY_FORUMS: "Forums",
  },
});

export function labelName(id: string, name: string | undefined): string {
  return words()[id] ?? legible(name ?? id);
}
