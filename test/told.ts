import type { SimulatedGoogle } from "../simulator/google.ts";

/** Looks for secrets in all that a program tells, in whatever spelling. */

/** A secret in the spellings that programs give text: as it is, in a URL, in JSON, in HTML, in base64 wherever it begins. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // In a longer text that is in base64 too, three bytes make four digits: where it begins decides which.
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(before === 0 ? 0 : before + 1)
      .replace(/.{0,2}=*$/, ""),
  );
  const inBase64url = inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const spellings = [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
    bytes.toString("hex"),
    ...inBase64,
    ...inBase64url,
  ];
  return [...new Set(spellings)];
}

/** The names of the secrets that a text holds. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string | readonly string[]>>): string[] {
  return Object.entries(secrets)
    .filter(([, values]) => [values].flat().some((secret) => spellingsOf(secret).some((one) => text.includes(one))))
    .map(([name]) => name);
}

/** What is known of a simulated Google. */
export type Given = Pick<SimulatedGoogle, "tokens" | "mailbox">;

/** Mails are told apart by so many characters; shorter ones may say what anybody says. */
const OWN_CHARACTERS = 24;

/** All that a run was given and must keep to itself: codes, tokens, keys, and the newest mails. */
export function givenBy(
  { tokens, mailbox, credentials, key }: Partial<Given> & { credentials?: object; key?: object },
  settings: Readonly<Record<string, string>>,
): Record<string, readonly string[]> {
  const mails = mailbox
    ? mailbox()
        .ids()
        .slice(0, 30)
        .map((id) => mailbox().truth(id))
    : [];
  const texts = mails.flatMap(({ subject, plain, html }) => [subject, plain.slice(0, 200), html.slice(0, 200)]);
  const secret = /"client_secret":"([^"]+)"/.exec(JSON.stringify(credentials ?? {}));
  // A line of its own of the key is enough to know it by.
  const keyLine = /"private_key":"[^"]*?\\n(?:[^"\\]+\\n)([^"\\]{40,})\\n/.exec(JSON.stringify(key ?? {}));
  return {
    "codes and tokens": tokens?.values ?? [],
    "the service account's key": keyLine ? [keyLine[1]!] : [],
    "the client's secret": secret ? [secret[1]!] : [],
    "the server's keys": [settings["API_KEY"] ?? "", settings["TOKEN_ENCRYPTION_KEY"] ?? ""].filter(
      (one) => one.length > 30,
    ),
    mail: texts.filter((text) => text.length >= OWN_CHARACTERS),
  };
}
