import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHeader, decodeText } from "./decode.ts";
import { testProcessorTime } from "../../test/processor-time.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** Any text that UTF-8 can carry. */
const unicode = fc.string({ unit: "binary" });
const charset = fc.oneof(fc.string(), fc.constantFrom("utf-8", "GBK", "iso-2022-jp", "iso-8859-1", "utf-16", "big5"));

describe("body text", () => {
  test("is UTF-8 where it is valid UTF-8, whatever the charset still says", () => {
    const text = "こんにちは, 你好, Grüße";
    for (const label of ["GBK", "gb2312", "iso-2022-jp", "ISO-8859-1", "Shift_JIS", "x-unknown", ""])
      expect(decodeText(utf8(text), label)).toBe(text);
  });

  test("is ISO-2022-JP where it is so labelled and its escapes are there", () => {
    const sent = latin1("\x1b$B$3$s$K$A$O\x1b(B, Ada");
    for (const label of ["iso-2022-jp", "ISO-2022-JP", "iso-2022-jp-ms", "ISO-2022-JP-2"])
      expect(decodeText(sent, label)).toBe("こんにちは, Ada");
  });

  test("keeps an escape that no label explains, and UTF-8 beside one", () => {
    const coloured = "\x1b[31mred\x1b[0m";
    expect(decodeText(utf8(coloured), "utf-8")).toBe(coloured);
    expect(decodeText(utf8(`${coloured} 赤`), "iso-2022-jp")).toBe(`${coloured} 赤`);
  });

  test("is read by its declared charset where it is not UTF-8", () => {
    expect(decodeText(bytes(0xc4, 0xe3, 0xba, 0xc3), "gb2312")).toBe("你好");
    expect(decodeText(bytes(0xcf, 0xf0, 0xe8), "windows-1251")).toBe("При");
    expect(decodeText(latin1("Gr\xfc\xdfe"), "ISO-8859-1")).toBe("Grüße");
  });

  test("is windows-1252 where nothing better is known", () => {
    for (const label of ["", "x-unknown", "iso-2022-kr", "\u0000"])
      expect(decodeText(bytes(0x80, 0x20, 0xe9), label)).toBe("€ é");
  });

  test("has U+FFFD for what its charset cannot read, beside those that were sent", () => {
    expect(decodeText(bytes(0x61, 0xff, 0x62), "utf-8")).toBe("a\uFFFDb");
    expect(decodeText(latin1("\x1b$B$3\x1b(B \x1b$B\x20\x20\x1b(B"), "iso-2022-jp")).toContain("\uFFFD");
    expect(decodeText(Buffer.concat([utf8("\uFFFD"), bytes(0xff)]), "utf-8")).toBe("\uFFFD\uFFFD");
  });

  test("keeps a byte order mark, as all that was sent", () => {
    expect(decodeText(utf8("\uFEFFhello"), "utf-8")).toBe("\uFEFFhello");
  });

  test("is exactly what was encoded as UTF-8, whatever the label", () => {
    fc.assert(
      fc.property(unicode, charset, (text, label) => {
        fc.pre(!(label.includes("2022") && text.includes("\x1b")));
        expect(decodeText(utf8(text), label)).toBe(text);
      }),
    );
  });

  test("is well-formed whatever the bytes and the label", () => {
    fc.assert(
      fc.property(fc.uint8Array(), charset, (content, label) => {
        expect(decodeText(content, label).isWellFormed()).toBe(true);
      }),
    );
  });
});

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

  testProcessorTime("of a megabyte of folds or half words is read in no time", 5_000, () => {
    for (const piece of ["\r", "\n", "\r\n", "=?", "=?utf-8?Q?", "=?utf-8?Q?a?= ", "Ã"])
      expect(typeof decodeHeader(`${piece.repeat(1_000_000 / piece.length)}.`)).toBe("string");
  });
});
