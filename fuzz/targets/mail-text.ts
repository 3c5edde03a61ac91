import * as fc from "fast-check";

import { parameterOf } from "../../src/core/mail/content-type.ts";
import { namesAnother, senderIn } from "../../src/formats/addresses.ts";
import { readLabelled, readText } from "../../src/formats/charset.ts";
import { decodeAddresses, decodeHeader } from "../../src/formats/decode.ts";
import { mayBeParsed } from "../../src/sources/gmail-api/calls/json-limits.ts";
import { must, type Target } from "../target.ts";

const LABELS =
  "utf-8 cp932 cp936 ks_c_5601-1987 iso-2022-kr iso-2022-jp hz-gb-2312 utf-7 utf-16 utf-32 cp850 x-none base64 __proto__ us-ascii".split(
    " ",
  );

const HEADERS = [
  "=?ISO-8859-1?Q?Moore=2C_Keith?= <moore@example.com>",
  '"=?utf-8?B?w4k=?=" (=?gb2312?Q?=C4=E3?=) <a@example.com>, =?x?q?=FF?=',
  '"Your Bank <service@bank.example>" <eve@evil.example>',
  "JosÃ© <jose@example.com>, Łukasz <lukasz@example.com>",
  "text/plain; charset*0*=''utf%2D; charset*1=8 (comment); name=\"a;b\"",
];

/** Text as mail has it. A first line has a charset and a header; bytes of a body follow. */
export const mailText: Target = {
  name: "mail-text",
  share: 100,
  async open() {
    const bodies = ["plain é", "\x1b$)C\x0eGQ19\x0f", "~{Dc:C~}", "+AOk-t", "a\0b\0", '[[{"a":"\\""}]]'];
    const firsts = LABELS.flatMap((label) => HEADERS.map((header) => `${label} ${header}`));
    return {
      seeds: firsts.map((first, index) => Buffer.from(`${first}\n${bodies[index % bodies.length]}`)),
      shapes: fc
        .tuple(fc.constantFrom(...LABELS), fc.constantFrom(...HEADERS), fc.json())
        .map(([label, header, json]) => `${label} ${header}\n${json}`),
      async feed(input) {
        const end = Math.max(0, input.indexOf("\n"));
        const [label = "", ...rest] = input.toString("utf8", 0, end).split(" ");
        const header = rest.join(" ");
        const body = input.subarray(end);
        for (const { text } of [readText(body, label), readLabelled(body, label)])
          must(text.isWellFormed(), "text that is not well-formed");
        for (const decoded of [decodeHeader(header), decodeAddresses(header)])
          must(decoded.isWellFormed(), "a header that is not well-formed");
        // What stands in quotes is never where mail came from.
        const quoted = `"${header.replaceAll(/["\\]/g, String.raw`\$&`)}" <eve@evil.example>`;
        const sender = senderIn(quoted);
        must(sender.address === "eve@evil.example", "another sender", sender.address);
        namesAnother(sender);
        parameterOf(header, "charset");
        mayBeParsed(body);
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
