import type { Body, MakeBody } from "./body.ts";
import { bare, file, text } from "./compose.ts";
import { COMPOSITES } from "./composites.ts";
import { keysOf } from "./keys.ts";
import type { Random } from "./random.ts";
import { asHtml, asPlain, FOREIGN, longText, paragraphs } from "./words.ts";

/** Messages of one part. */
const SINGLE = {
  plain: (random) => plain(asPlain(paragraphs(random))),
  html: (random) => {
    const lines = paragraphs(random);
    return { node: text("html", asHtml(lines)), preview: lines.join(" ") };
  },
  /** Marketing mail pads its preview with invisible characters. */
  paddedHtml: (random) => {
    const lines = paragraphs(random, 1);
    const padding = "\u034f \u200c \u00a0".repeat(20);
    return {
      node: text("html", asHtml(lines, `<div style="display:none">${padding}</div>\n`)),
      preview: `${lines[0]} ${padding}`,
    };
  },
  base64Text: (random) =>
    plain(asPlain([...paragraphs(random), "Três quilómetros até à praia."]), { transferEncoding: "base64" }),
  base64LineFeeds: (random) => plain(asPlain(paragraphs(random, 3)), { transferEncoding: "base64", eol: "\n" }),
  /** Decoding this quoted-printable twice eats the =3D and =20 that are part of the addresses. */
  quotedPrintableUrls: (random) =>
    plain(
      `Confirm here: https://shop.example/c?id=3D77&token=C3=A9=20x&long=${random.hex(90)}\n\nTrailing space \nand 1 + 1 =\n2 – done.\n`,
      { transferEncoding: "quoted-printable" },
    ),
  latin1: () => plain(FOREIGN.latin1.text, { charset: "iso-8859-1", transferEncoding: "8bit" }),
  windows1251: () => plain(FOREIGN.russian.text, { charset: "windows-1251", transferEncoding: "base64" }),
  koi8r: () => plain(FOREIGN.russian.text, { charset: "koi8-r", transferEncoding: "8bit" }),
  iso2022jp: () => plain(FOREIGN.japanese.text, { charset: "iso-2022-jp" }),
  iso2022jpKept: () => plain(FOREIGN.japanese.text, { charset: "iso-2022-jp", servesOriginalBytes: true }),
  /** A name for it that only Windows knows, and bytes that Gmail left as they were. */
  cp932Kept: () =>
    plain(FOREIGN.japanese.text, {
      charset: "shift_jis",
      contentType: "text/plain; charset=cp932",
      transferEncoding: "8bit",
      servesOriginalBytes: true,
    }),
  shiftJis: () => plain(FOREIGN.japanese.text, { charset: "shift_jis", transferEncoding: "8bit" }),
  gb18030: () => plain(FOREIGN.chinese.text, { charset: "gb18030", transferEncoding: "base64" }),
  undeclaredUtf8: () => plain(FOREIGN.portuguese.text, { contentType: "text/plain", transferEncoding: "8bit" }),
  undeclaredWindows1252: () =>
    plain(FOREIGN.windows1252.text, { charset: "windows-1252", contentType: "text/plain", transferEncoding: "8bit" }),
  unknownCharset: () =>
    plain(FOREIGN.portuguese.text, { contentType: "text/plain; charset=x-unknown", transferEncoding: "8bit" }),
  asciiThatIsNot: () =>
    plain(FOREIGN.portuguese.text, { contentType: "text/plain; charset=us-ascii", transferEncoding: "8bit" }),
  flowed: () =>
    plain(
      "This paragraph is one line that was broken \nsoftly by its sender \nin two places.\n\n> quoted \n> reply\n-- \nGrace\n",
      {
        contentType: "text/plain; charset=utf-8; format=flowed; delsp=no",
      },
    ),
  lineFeeds: (random) => ({ ...plain(asPlain(paragraphs(random, 3)), { eol: "\n" }), eol: "\n" as const }),
  rightToLeft: () => plain(FOREIGN.hebrew.text, { transferEncoding: "base64" }),
  emoji: () => plain(FOREIGN.emoji.text),
  malformedType: (random) =>
    plain(asPlain(paragraphs(random)), {
      contentType: "Text/Plain; charset=UTF-8; ; format",
      mimeType: "text/plain; charset=utf-8; ; format",
      transferEncoding: "quoted-printable",
    }),
  noContentType: () => plain("No type was declared.\nNone was needed.\n", { contentType: "" }),
  enriched: () => ({
    node: text("enriched", "<bold>Now</bold> is the time for <italic>all</italic> good men.\n"),
    preview: "Now is the time for all good men.",
  }),
  /** Text that calls itself an attachment, and is all there is. */
  attachedRoot: (random) => plain(asPlain(paragraphs(random)), { disposition: "attachment" }),
  /** A container that names no boundary is one piece, and Gmail shows it so. */
  noBoundary: (random) =>
    plain(asPlain(paragraphs(random, 1)), {
      contentType: "multipart/mixed",
      mimeType: "multipart/mixed",
      transferEncoding: "8bit",
    }),
  empty: () => plain(""),
  largePlain: (random) => {
    const long = longText(random, 200_000);
    return { node: text("plain", long), preview: long.slice(0, 400) };
  },
  largeHtml: (random) => {
    const lines = longText(random, 100_000).replaceAll(/[–€]/g, "-").split("\n");
    const html = asHtml(lines, "<p>Ça va très bien, garçon.</p>\n");
    return {
      node: text("html", html, { charset: "iso-8859-1", transferEncoding: "quoted-printable" }),
      preview: lines.slice(0, 5).join(" "),
    };
  },
  onlyAttachment: (random) => ({ node: file("scan.pdf", "application/pdf", random.bytes(3_000)), preview: "" }),
  smimeOpaque: (random) => ({
    node: file("smime.p7m", "application/pkcs7-mime", random.bytes(1_800), {
      parameters: "; smime-type=enveloped-data",
    }),
    preview: "",
  }),
  /** An invitation that is the whole message. */
  onlyCalendar: () => ({
    node: bare(
      "text/calendar",
      Buffer.from("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"),
      "; charset=utf-8; method=CANCEL",
    ),
    preview: "",
  }),
} satisfies Record<string, MakeBody>;

function plain(content: string, options: Parameters<typeof text>[2] = {}): Body {
  return { node: text("plain", content, options), preview: content };
}

const BODIES = { ...SINGLE, ...COMPOSITES };

/** `chat` and `blank` lack even the headers of a message. */
export type Kind = keyof typeof BODIES | "chat" | "blank";

export function makeBody(kind: Kind, random: Random): Body {
  return kind === "chat" || kind === "blank"
    ? plain(kind === "chat" ? paragraphs(random, 1)[0]! : "")
    : BODIES[kind](random);
}

/** Each cycle of a mailbox holds every kind once, and the ordinary ones again. */
export const KINDS: readonly Kind[] = [
  ...keysOf(BODIES),
  "chat",
  "blank",
  "plain",
  "alternative",
  "html",
  "alternative",
];
