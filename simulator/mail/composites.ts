import type { MakeBody } from "./body.ts";
import { bare, embed, file, multipart, text } from "./compose.ts";
import { field, mailboxes, unstructured } from "./header.ts";
import type { Entity, Multipart } from "./mime.ts";
import type { Random } from "./random.ts";
import { asHtml, asPlain, FOREIGN, paragraphs, PEOPLE } from "./words.ts";

/** Messages of several parts. */
export const COMPOSITES = {
  alternative: (random) => {
    const lines = paragraphs(random);
    return { node: alternative(random, lines), preview: lines.join(" ") };
  },
  /** The plain half is a stub; the message is in the HTML. */
  stubAlternative: (random) => {
    const lines = paragraphs(random, 4);
    const stub = text("plain", "View this message in your browser: https://news.example/?a=b\n");
    return { node: multipart(random, "alternative", [stub, text("html", asHtml(lines))]), preview: lines.join(" ") };
  },
  /** Some programs name what they write, like a file. */
  namedAlternative: (random) => {
    const lines = paragraphs(random);
    const html = text("html", asHtml(lines), { name: "body.html" });
    return { node: multipart(random, "alternative", [text("plain", asPlain(lines)), html]), preview: lines.join(" ") };
  },
  /** A note sent from a telephone: its text is a file that is to be shown. */
  inlineNote: (random) => {
    const lines = paragraphs(random, 1);
    const note = text("plain", asPlain(lines), { name: "note.txt", disposition: "inline" });
    const photo = file("photo.jpg", "image/jpeg", random.bytes(500), { disposition: "inline" });
    return { node: multipart(random, "mixed", [note, photo]), preview: lines[0]! };
  },
  attachment: (random) => {
    const lines = paragraphs(random);
    const pdf = file("Quarterly report.pdf", "application/pdf", random.bytes(4_000 + random.int(4_000)));
    return { node: multipart(random, "mixed", [alternative(random, lines), pdf]), preview: lines.join(" ") };
  },
  smallAttachment: (random) => {
    const lines = paragraphs(random, 1);
    const icon = file("dot.gif", "image/gif", random.bytes(43), { inline: true });
    return { node: multipart(random, "mixed", [text("plain", asPlain(lines)), icon]), preview: lines[0]! };
  },
  /** Every way a filename travels, and names that must never become paths as they are. */
  filenames: (random) => {
    const bytes = () => random.bytes(200 + random.int(300));
    const files = [
      file("relatório de março.pdf", "application/pdf", bytes(), { style: "rfc2231" }),
      file(`${"очень-длинное-имя-".repeat(4)}файла.txt`, "text/plain", bytes(), { style: "rfc2231-pieces" }),
      file("会議の資料と長い名前の添付ファイル一覧表.xlsx", "application/octet-stream", bytes(), {
        style: "encoded-word",
      }),
      file("../../etc/passwd", "application/octet-stream", bytes()),
      file(String.raw`C:\temp\"quoted" name.doc`, "application/msword", bytes()),
      file("photo 🏖️.jpg", "image/jpeg", bytes(), { style: "encoded-word" }),
      file("only-a-name.bin", "application/octet-stream", bytes(), { style: "name-only" }),
      file("same.txt", "application/octet-stream", bytes()),
      file("same.txt", "application/octet-stream", bytes()),
    ];
    return { node: multipart(random, "mixed", [text("plain", "Nine files.\n"), ...files]), preview: "Nine files." };
  },
  /** Text that is a file: its charset is the file's own business. */
  textFiles: (random) => {
    const notes = file("заметки.txt", "text/plain", Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x0d, 0x0a]), {
      style: "rfc2231",
      parameters: "; charset=windows-1251",
    });
    const nameless = file("", "text/plain", Buffer.from("an attached text without a name\r\n"), {
      transferEncoding: "7bit",
    });
    const page = file("page.html", "text/html", Buffer.from("<p>not the body</p>\n"), {
      parameters: "; charset=utf-8",
    });
    return {
      node: multipart(random, "mixed", [text("plain", "See files.\n"), notes, nameless, page]),
      preview: "See files.",
    };
  },
  inlineImage: (random) => {
    const lines = paragraphs(random);
    const contentId = `${random.hex(12)}@example.com`;
    const image = file("logo.png", "image/png", random.bytes(900), { disposition: "inline", contentId });
    const html = text("html", asHtml(lines, `<img src="cid:${contentId}">\n`));
    return {
      node: multipart(random, "related", [html, image], { parameters: ' type="text/html";' }),
      preview: lines.join(" "),
    };
  },
  /** mixed ⊃ related ⊃ alternative, as Outlook nests. */
  deep: (random) => {
    const lines = paragraphs(random);
    const image = file("image001.png", "image/png", random.bytes(700), { contentId: `image001.png@${random.hex(8)}` });
    const related = multipart(random, "related", [alternative(random, lines), image]);
    const sheet = file("figures.csv", "text/csv", Buffer.from("a;b\r\n1;2\r\n"), { parameters: "; charset=utf-8" });
    return { node: multipart(random, "mixed", [related, sheet], { preamble: PREAMBLE }), preview: lines.join(" ") };
  },
  twoTexts: (random) => {
    const [first, second] = [asPlain(paragraphs(random, 1)), FOREIGN.latin1.text];
    const parts = [
      text("plain", first),
      file("between.png", "image/png", random.bytes(300)),
      text("plain", second, { charset: "iso-8859-1" }),
    ];
    return { node: multipart(random, "mixed", parts), preview: `${first} ${second}` };
  },
  /** A mailing list's footer makes text of both types follow the message. */
  listFooter: (random) => {
    const lines = paragraphs(random);
    const footer = text("plain", "_______\nlist mailing list\nlist@lists.example.org\n", { eol: "\r\n" });
    return { node: multipart(random, "mixed", [alternative(random, lines), footer]), preview: lines.join(" ") };
  },
  forward: (random) => {
    const lines = paragraphs(random, 1);
    return {
      node: multipart(random, "mixed", [text("plain", asPlain(lines)), embed(forwarded(random))]),
      preview: lines[0]!,
    };
  },
  forwardNamed: (random) => {
    const inner = multipart(random, "mixed", [text("plain", "Look at this.\n"), embed(forwarded(random))]);
    const outer = embed({ headers: forwardedHeaders(random), body: inner }, "Fwd: older mail.eml");
    return {
      node: multipart(random, "mixed", [text("html", asHtml(["Two levels down."])), outer]),
      preview: "Two levels down.",
    };
  },
  invitation: (random) => {
    const lines = paragraphs(random, 1);
    const parts = [
      text("plain", asPlain(lines)),
      text("html", asHtml(lines)),
      bare("text/calendar", calendar(random), "; charset=UTF-8; method=REQUEST"),
    ];
    return { node: multipart(random, "alternative", parts), preview: lines[0]! };
  },
  invitationTwice: (random) => {
    const lines = paragraphs(random, 1);
    const bytes = calendar(random);
    const body = multipart(random, "alternative", [
      text("plain", asPlain(lines)),
      bare("text/calendar", bytes, "; charset=UTF-8; method=REQUEST", "base64"),
    ]);
    return {
      node: multipart(random, "mixed", [body, file("invite.ics", "application/ics", bytes)]),
      preview: lines[0]!,
    };
  },
  smimeSigned: (random) => {
    const lines = paragraphs(random);
    const parameters = ' protocol="application/pkcs7-signature"; micalg=sha-256;';
    const parts = [
      text("plain", asPlain(lines)),
      file("smime.p7s", "application/pkcs7-signature", random.bytes(1_200)),
    ];
    const preamble = "This is an S/MIME signed message\r\n\r\n";
    return { node: multipart(random, "signed", parts, { parameters, preamble }), preview: lines.join(" ") };
  },
  pgpSigned: (random) => {
    const lines = paragraphs(random);
    const parameters = ' micalg=pgp-sha512; protocol="application/pgp-signature";';
    const armor = `-----BEGIN PGP SIGNATURE-----\r\n\r\n${random.bytes(90).toString("base64")}\r\n-----END PGP SIGNATURE-----\r\n`;
    const parts = [text("plain", asPlain(lines)), bare("application/pgp-signature", Buffer.from(armor))];
    return { node: multipart(random, "signed", parts, { parameters }), preview: lines.join(" ") };
  },
  pgpEncrypted: (random) => {
    const armor = `-----BEGIN PGP MESSAGE-----\r\n\r\n${random.bytes(600).toString("base64")}\r\n-----END PGP MESSAGE-----\r\n`;
    const parts = [
      bare("application/pgp-encrypted", Buffer.from("Version: 1\r\n")),
      file("encrypted.asc", "application/octet-stream", Buffer.from(armor), {
        disposition: "inline",
        transferEncoding: "7bit",
      }),
    ];
    return {
      node: multipart(random, "encrypted", parts, { parameters: ' protocol="application/pgp-encrypted";' }),
      preview: "",
    };
  },
  bounce: (random) => {
    const status =
      "Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; nobody@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    const parts = [
      text("plain", "The address nobody@example.com was not found.\n"),
      { ...bare("message/delivery-status", Buffer.from(status)), expanded: true },
      embed(forwarded(random)),
    ];
    return {
      node: multipart(random, "report", parts, { parameters: " report-type=delivery-status;" }),
      preview: "The address nobody@example.com was not found.",
    };
  },
} satisfies Record<string, MakeBody>;

const PREAMBLE = "This is a multi-part message in MIME format.\r\n\r\n";

function alternative(random: Random, lines: readonly string[]): Multipart {
  return multipart(random, "alternative", [text("plain", asPlain(lines)), text("html", asHtml(lines))]);
}

/** A message with text and an attachment of its own, neither of which belongs to the message around it. */
function forwarded(random: Random): Entity {
  const parts = [
    text("plain", "SECRET OF THE FORWARDED MESSAGE\n"),
    file("inner.pdf", "application/pdf", random.bytes(400)),
  ];
  return { headers: forwardedHeaders(random), body: multipart(random, "mixed", parts) };
}

const forwardedHeaders = (random: Random) => [
  field("Date", "Mon, 1 Jan 2024 10:00:00 +0000"),
  mailboxes("From", [random.pick(PEOPLE)]),
  mailboxes("To", [random.pick(PEOPLE)]),
  unstructured("Subject", "Subject of the forwarded message – inner"),
  field("Message-ID", `<inner.${random.hex(12)}@example.net>`),
  field("MIME-Version", "1.0"),
];

const calendar = (random: Random) =>
  Buffer.from(
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:${random.hex(16)}@example.com\r\nSUMMARY:Caf\u00e9\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
  );
