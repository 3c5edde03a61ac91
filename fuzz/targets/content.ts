import * as fc from "fast-check";

import { faultOfFileName } from "../../src/core/file-name.ts";
import { attachmentPath } from "../../src/formats/attachment-path.ts";
import { kindOf } from "../../src/formats/content-kind.ts";
import { indexMbox } from "../../src/formats/mbox-index.ts";
import { originalIn } from "../../src/formats/mbox.ts";
import { attachmentNamed } from "../../src/surfaces/http/downloads/disposition.ts";
import { attachmentName, originalName, originalOf, pointersIn } from "../../src/surfaces/http/mail/stored-content.ts";
import { record } from "../../test/written-export.ts";
import { must, type Target } from "../target.ts";

const MBOX = "From ";
const HASH = "5e884898da28047151d0e56f8dc6292773603d0d6aabbd62a11ef721d1542d8d";

const HOSTILE = [
  "../../etc/passwd",
  "C:\\con.txt",
  "a\r\nSet-Cookie: b",
  '"; filename="b.exe',
  "gpj.\u202eexe",
  "\ud83d",
  "x".repeat(400),
  "",
];

const lineWith = (filename: string, mimeType = "text/plain", path = attachmentPath(HASH)): string =>
  JSON.stringify(
    record("18c2a1f0b3d4e5f6", {
      Attachments: [
        { id: "", filename, mimeType, size: 1, partId: "1", contentId: "c", inline: true, sha256: HASH, path },
      ],
      Original: { sha256: HASH, bytes: 5 },
    }),
  );

const names = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE));

/** One line of ASCII: a token, and what is quoted has neither quote nor backslash in it. */
const HEADER = /^attachment; filename="(?:(?!["\\%])[\x20-\x7e]){1,240}"(?:; filename\*=UTF-8''[\w.!#$&+^`|~%-]+)?$/;

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 61) yield bytes.subarray(at, at + 61);
}

/** A record whose content is to be given out, or an mbox in which an original is looked for, with anything in it. */
export const content: Target = {
  name: "content",
  share: 40,
  async open() {
    return {
      seeds: [
        ...HOSTILE.map((name) => lineWith(name)),
        lineWith("", "message/rfc822"),
        lineWith("a", "text/plain", "attachments/../manifest.json"),
        `${MBOX}31@xxx Tue Dec  5 09:11:12 2023\nX-GM-THRID: 1\nX-Gmail-Labels: a\n b\nSubject: x\n\n>From y\n\n${MBOX}32@xxx `,
      ].map((text) => Buffer.from(text)),
      shapes: fc.tuple(names, names, names).map(([name, type, path]) => lineWith(name, type, path)),
      async feed(input) {
        if (input.toString("latin1", 0, MBOX.length) === MBOX) {
          const index = await indexMbox(inPieces(input));
          const start = index.startOf("1f");
          must(start === undefined || input.toString("latin1", start, start + 10) === "From 31@xx", "a false entry");
          let bytes = 0;
          for await (const chunk of originalIn(inPieces(input))) bytes += chunk.length;
          must(bytes <= input.length, "an original larger than its file");
          return [];
        }
        const pointers = pointersIn({ line: input, directory: "/data", batch: 1 });
        const named = [
          originalName(pointers),
          ...pointers.Attachments.map((one) => attachmentName(one, input.subarray(0, 16))),
        ];
        for (const name of named) {
          must(faultOfFileName(name, true) === undefined && !/[/\\]|^\./.test(name), "an unsafe name", name);
          const header = attachmentNamed(name)["content-disposition"];
          must(HEADER.test(header), "a header that is not one line of its own", header);
        }
        for (const { sha256, path } of pointers.Attachments)
          must(sha256 === undefined || /^attachments\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(path ?? ""), "a path", path);
        const original = originalOf(pointers, 1);
        must(original === undefined || /^[0-9a-f]{64}$/.test(original.sha256), "an original");
        must(!kindOf(input).isPicture, "a record that is a picture");
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
