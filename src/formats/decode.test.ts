import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { testProcessorTime } from "../../test/processor-time.ts";
import { decodeAddresses, decodeHeader } from "./decode.ts";

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/** Any text that UTF-8 can carry. */
const unicode = fc.string({ unit: "binary" });

describe("a header", () => {
  test("that Gmail decoded stays what it is", () => {
    for (const value of ["Tue, 05 Dec 2023 10:11:12 +0100", "Grüße aus Köln", "你好 <ada@example.com>", "2 =? 3", ""])
      expect(decodeHeader(value)).toBe(value);
  });

  test("that was UTF-8 read as Latin-1 is mended", () => {
    expect(decodeHeader("CafÃ© â\u0082¬")).toBe("Café €");
    fc.assert(
      fc.property(unicode, (text) => {
        fc.pre(!/[\r\n]/.test(text) && !text.includes("=?"));
        expect(decodeHeader(utf8(text).toString("latin1"))).toBe(text);
      }),
    );
  });

  test("that only looks like it stays what it is", () => {
    expect(decodeHeader("Café")).toBe("Café"); // é alone is no UTF-8
    expect(decodeHeader("Ã© — 5 €")).toBe("Ã© — 5 €"); // no byte can be an em dash
  });

  test("that is still folded is unfolded", () => {
    expect(decodeHeader("one\r\n two\r\n\tthree\nfour")).toBe("one two\tthree four");
  });

  test("that is still encoded is decoded", () => {
    expect(decodeHeader("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?IQ==?=")).toBe("Grüße!");
    expect(decodeHeader("=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=")).toBe("こん");
    expect(decodeHeader("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=")).toBe("ab");
    expect(decodeHeader("=?x-unknown?Q?plain?=")).toBe("plain");
  });

  test("that names people in encoded words is decoded", () => {
    const sent = "=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_K?= <j@example.com>, =?utf-8?B?w4lyaWM=?= <e@example.com>";
    expect(decodeHeader(sent)).toBe("Jürgen K <j@example.com>, Éric <e@example.com>");
  });

  test("has its encoded words decoded amid other text, even one it only writes about", () => {
    expect(decodeHeader("Msg 5 =?UTF-8?Q?caf=C3=A9?=")).toBe("Msg 5 café");
    expect(decodeHeader("Grüße, =?utf-8?B?w4lyaWM=?=\r\n =?utf-8?Q?_K?= (2)")).toBe("Grüße, Éric K (2)");
    expect(decodeHeader("What does =?utf-8?Q?caf=C3=A9?= mean?")).toBe("What does café mean?");
  });

  test("that was split inside a character is joined again, word to word", () => {
    expect(decodeHeader("Msg =?UTF-8?Q?caf=C3?= =?utf-8?Q?=A9?= 5")).toBe("Msg café 5");
    expect(decodeHeader("=?UTF-8?B?8J+O?=\r\n =?UTF-8?B?iQ==?=")).toBe("🎉");
    expect(decodeHeader("=?gb2312?Q?=C4?= =?gb2312?Q?=E3?=")).toBe("你");
  });

  test("is mended before it is decoded: what an encoded word says is meant", () => {
    expect(decodeHeader("=?iso-8859-1?Q?=C3=A9?=")).toBe("Ã©");
  });

  test("that cannot be decoded has U+FFFD", () => {
    expect(decodeHeader("=?utf-8?Q?a=FF?=")).toBe("a\uFFFD");
  });

  test("of half a surrogate pair is made well-formed", () => {
    expect(decodeHeader("\uDE00\uD83D 😀")).toBe("\uFFFD\uFFFD 😀");
    expect(decodeHeader("=?utf-16le?B?2NjY?=").isWellFormed()).toBe(true);
  });

  test("is well-formed whatever was sent", () => {
    const word = fc
      .tuple(
        fc.constantFrom("utf-8", "gbk", "utf-7", "iso-2022-jp", "utf-16", "utf-32", "x"),
        fc.constantFrom("Q", "b"),
      )
      .chain(([label, encoding]) => fc.string().map((content) => `=?${label}?${encoding}?${content}?=`));
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string({ unit }), fc.constantFrom("\r\n ", " ", "=?", "?="))),
        (pieces) => {
          expect(decodeHeader(pieces.join("")).isWellFormed()).toBe(true);
        },
      ),
    );
  });

  testProcessorTime("of a megabyte of folds or half words is read in no time", 10_000, () => {
    for (const piece of [
      "\r",
      "\n",
      "\r\n",
      "=?",
      "=?utf-8?Q?",
      "=?utf-8?Q?a?= ",
      "Ã",
      '"',
      "(",
      "<",
      '\\"',
      '"=?',
      ",",
    ])
      for (const decode of [decodeHeader, decodeAddresses])
        expect(typeof decode(`${piece.repeat(1_000_000 / piece.length)}.`)).toBe("string");
  });

  test("has the charset of each word read as widely as that of a body, and tells where it was guessed", () => {
    let guesses = 0;
    const read = (value: string): string => decodeHeader(value, () => void (guesses += 1));
    expect(read("=?cp932?B?k/qWew==?=")).toBe("日本");
    expect(read("=?cp936?Q?=C4=E3=BA=C3?=")).toBe("你好");
    expect(read("=?utf-7?Q?+AOk-t+AOk-?=")).toBe("été");
    expect(read("=?ks_c_5601-1987?Q?=C7=D1?= =?iso-2022-kr?B?GyQpQw5HURsP?=")).toMatch(/^한/);
    expect(read("=?utf-8*en?Q?caf=C3=A9?=")).toBe("café");
    expect(guesses).toBe(0);
    expect(read("=?x-unknown?Q?caf=E9?=")).toBe("café");
    expect(guesses).toBe(1);
  });

  test("has what stands before and after its words", () => {
    expect(decodeHeader("=?utf-8?B?YQ==YQ==?= b =?utf-8?Q?=3D?=c")).toBe("aa b =c");
    expect(decodeHeader("=?utf-8?Q?100=_sure?=")).toBe("100= sure");
  });
});

describe("a header that mixes raw bytes and decoded text", () => {
  test("has each name of a list put right for itself", () => {
    const mixed = "JosÃ© <jose@example.com>, Łukasz <lukasz@example.com>, Zoé <zoe@example.com>";
    expect(decodeAddresses(mixed)).toBe("José <jose@example.com>, Łukasz <lukasz@example.com>, Zoé <zoe@example.com>");
  });

  test("has those pieces put right that can be nothing else, and keeps the others", () => {
    expect(decodeHeader("CafÃ© â\u0082¬ — 5 Ł")).toBe("CafÃ© € — 5 Ł");
    expect(decodeHeader("Ã© — 5 €")).toBe("Ã© — 5 €");
    expect(decodeHeader("é, Ã\u0089ric")).toBe("é, Éric");
    expect(decodeHeader("Z\u0081 é Ł")).toBe("Z\u0081 é Ł");
  });

  test("is never made worse: text that holds no raw bytes stays what it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/[\r\n\u0080-\u00ff]/.test(text) && !text.includes("=?"));
        expect([decodeHeader(text), decodeAddresses(text)]).toEqual([text, text]);
      }),
    );
  });
});

describe("a name in encoded words", () => {
  test.each([
    ["=?ISO-8859-1?Q?Moore=2C_Keith?= <moore@example.com>", '"Moore, Keith" <moore@example.com>'],
    ["=?utf-8?Q?Moore,_Keith?= <moore@example.com>", '"Moore, Keith" <moore@example.com>'],
    ['"=?utf-8?Q?Moore=2C_=22K=22?=" <moore@example.com>', String.raw`"Moore, \"K\"" <moore@example.com>`],
    ["=?utf-8?Q?=22Moore=2C_K=22?= <moore@example.com>", '"Moore, K" <moore@example.com>'],
    ["=?utf-8?Q?Moore=2C?= K. <moore@example.com>", '"Moore," K. <moore@example.com>'],
    ["=?utf-8?Q?Bank_<a@bank.example>?= <eve@evil.example>", '"Bank <a@bank.example>" <eve@evil.example>'],
    ["=?utf-8?Q?a@bank.example?= <eve@evil.example>", '"a@bank.example" <eve@evil.example>'],
    ["eve@evil.example (=?utf-8?Q?Eve_=29_b?=)", String.raw`eve@evil.example (Eve \) b)`],
    ["=?utf-8?Q?J=C3=BCrgen_K.?= <j@example.com>", "Jürgen K. <j@example.com>"],
    ["=?utf-8?Q?Ada_<ada@example.com>?=", "Ada <ada@example.com>"],
    ["=?utf-8?Q?ada@example.com?=, b@example.com", "ada@example.com, b@example.com"],
  ])("%s stays one name", (sent, read) => {
    expect(decodeAddresses(sent)).toBe(read);
  });

  test("is one name whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
        const word = `=?utf-8?B?${utf8(name).toString("base64")}?=`;
        const { length } = splitOutsideQuotes(decodeAddresses(`${word} <a@example.com>, b@example.com`));
        expect(length).toBe(2);
      }),
    );
  });
});

function splitOutsideQuotes(list: string): string[] {
  return list.replaceAll(/"(?:[^"\\]|\\.)*"/gs, "name").split(",");
}
