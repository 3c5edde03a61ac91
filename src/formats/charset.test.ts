import * as fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";

import { readLabelled, readText } from "./charset.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const textOf = (content: Uint8Array, label: string): string => readText(content, label).text;

/** Any text that UTF-8 can carry, but for zeros: those are what UTF-16 is known by. */
const unicode = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
const charset = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "utf-8",
    "GBK",
    "iso-2022-jp",
    "iso-8859-1",
    "utf-16",
    "big5",
    "cp850",
    "utf-7",
    "utf-32",
    "hz",
    "x-y",
  ),
);

describe("body text", () => {
  test("is UTF-8 where it is valid UTF-8, whatever the charset still says", () => {
    const text = "こんにちは, 你好, Grüße";
    for (const label of ["GBK", "gb2312", "iso-2022-jp", "ISO-8859-1", "Shift_JIS", "x-unknown", ""])
      expect(textOf(utf8(text), label)).toBe(text);
  });

  test("is ISO-2022-JP where it is so labelled and its escapes are there", () => {
    const sent = latin1("\x1b$B$3$s$K$A$O\x1b(B, Ada");
    for (const label of ["iso-2022-jp", "ISO-2022-JP", "iso-2022-jp-ms", "ISO-2022-JP-2"])
      expect(textOf(sent, label)).toBe("こんにちは, Ada");
  });

  test("keeps an escape that no label explains, and UTF-8 beside one", () => {
    const coloured = "\x1b[31mred\x1b[0m";
    expect(textOf(utf8(coloured), "utf-8")).toBe(coloured);
    expect(textOf(utf8(`${coloured} 赤`), "iso-2022-jp")).toBe(`${coloured} 赤`);
  });

  test("is read by its declared charset where it is not UTF-8", () => {
    expect(textOf(bytes(0xc4, 0xe3, 0xba, 0xc3), "gb2312")).toBe("你好");
    expect(textOf(bytes(0xcf, 0xf0, 0xe8), "windows-1251")).toBe("При");
    expect(textOf(latin1("Gr\xfc\xdfe"), "ISO-8859-1")).toBe("Grüße");
  });

  test("is windows-1252 where nothing better is known, and that is told", () => {
    for (const label of ["", "x-unknown", "us-ascii", "iso-2022-kr", "\u0000", "base64", "constructor", "default"])
      expect(readText(bytes(0x80, 0x20, 0xe9), label)).toEqual({ text: "€ é", guessed: true });
    for (const label of ["utf-8", "iso-8859-1", "windows-1252", "cp850", "gbk"])
      expect(readText(bytes(0x80, 0x20, 0xe9), label).guessed).toBe(false);
    for (const label of ["", "x-unknown", "us-ascii"]) expect(readText(utf8("é"), label).guessed).toBe(false);
  });

  test.each([
    ["日本", "932", ["cp932", "CP932", "ms932", "x-ms-cp932", "windows-31j", "Shift-JIS", "sjis", "shift_jis"]],
    ["你好", "936", ["cp936", "ms936", "x-cp936", "gb2312", "GBK", "gb18030"]],
    ["한국", "949", ["cp949", "ms949", "uhc", "euckr", "euc-kr", "ks_c_5601-1987"]],
    ["漢字", "950", ["cp950", "big5", "x-x-big5", "big5-hkscs"]],
    ["日本", "eucjp", ["eucjp", "euc_jp", "EUC-JP", "x-euc-jp", "ujis", "cp51932"]],
    ["é ║", "cp850", ["cp850", "CP-850", "ibm850", "850", "dos-850"]],
    ["é ║", "cp437", ["cp437", "ibm437", "437", "cspc8codepage437"]],
    ["При", "win1251", ["windows-1251", "win-1251", "win1251", "cp1251", "cp-1251", "x-cp1251"]],
    ["ąę", "iso88592", ["iso-8859-2", "8859-2", "iso8859-2", "iso_8859-2", "latin2", "latin-2"]],
    ["Při", "maccenteuro", ["x-mac-ce", "macce"]],
    ["Việt", "viscii", ["viscii"]],
    ["ไทย", "tis620", ["tis-620", "cp874", "windows-874", "iso-8859-11"]],
    ["é", "utf-32le", ["utf-32le"]],
  ] as const)("%s is read in the charset of any of its names (%s)", (text, codec, labels) => {
    const sent = iconv.encode(text, codec);
    for (const label of labels) expect([label, readText(sent, label)]).toEqual([label, { text, guessed: false }]);
  });

  test("is UTF-16 by its mark or its zeros, whatever the label", () => {
    const text = "Grüße, Ada\r\n";
    const [little, big] = [iconv.encode(text, "utf-16le"), iconv.encode(text, "utf-16be")];
    for (const label of ["utf-16", "utf-8", "", "iso-8859-1"]) {
      for (const sent of [little, big]) expect(readText(sent, label)).toEqual({ text, guessed: false });
      expect(textOf(Buffer.concat([bytes(0xff, 0xfe), little]), label)).toBe(text);
      expect(textOf(Buffer.concat([bytes(0xfe, 0xff), big]), label)).toBe(text);
    }
    for (const [label, sent] of [
      ["utf-16le", little],
      ["utf-16be", big],
    ] as const)
      expect(textOf(sent, label)).toBe(text);
    expect(textOf(iconv.encode("Привет, мир\n", "utf-16be"), "utf-16")).toBe("Привет, мир\n");
    expect(readText(iconv.encode("日本語の本文", "utf-16le"), "utf-16")).toEqual({
      text: "日本語の本文",
      guessed: true,
    });
  });

  test("keeps zeros that are no UTF-16", () => {
    for (const text of ["a\0b", `${"log ".repeat(30)}\0\0`, "\0\0\0"]) expect(textOf(utf8(text), "")).toBe(text);
  });

  test("of seven bits is read by its shifts, and is what it looks like where there are none", () => {
    for (const label of ["iso-2022-kr", "ISO-2022-KR", "csiso2022kr"])
      expect(textOf(latin1("\x1b$)C\x0eGQ19\x0f, Ada"), label)).toBe("한국, Ada");
    expect(textOf(latin1("\x1b$)A\x0eDc:C\x0f!"), "iso-2022-cn")).toBe("你好!");
    expect(textOf(latin1("~{Dc:C~}! ~~"), "hz-gb-2312")).toBe("你好! ~");
    expect(textOf(latin1("Hi Mom +Jjo-! 1 +- 1, +AOk-t+AOk"), "utf-7")).toBe("Hi Mom ☺! 1 + 1, été");
    expect(textOf(latin1("+2D3eCg-"), "unicode-1-1-utf-7")).toBe("😊");
    for (const text of ["C++ and +44 20 7946", "1 + 1", "plain", "né+AOk-"])
      expect(textOf(utf8(text), "utf-7")).toBe(text);
    for (const label of ["iso-2022-kr", "hz-gb-2312"]) expect(textOf(utf8("한국 ~ Ada"), label)).toBe("한국 ~ Ada");
  });

  test("has U+FFFD for what its charset cannot read, beside those that were sent", () => {
    expect(textOf(bytes(0x61, 0xff, 0x62), "utf-8")).toBe("a\uFFFDb");
    expect(textOf(latin1("\x1b$B$3\x1b(B \x1b$B\x20\x20\x1b(B"), "iso-2022-jp")).toContain("\uFFFD");
    expect(textOf(Buffer.concat([utf8("\uFFFD"), bytes(0xff)]), "utf-8")).toBe("\uFFFD\uFFFD");
  });

  test("keeps a byte order mark, as all that was sent", () => {
    expect(textOf(utf8("\uFEFFhello"), "utf-8")).toBe("\uFEFFhello");
  });

  test("is exactly what was encoded as UTF-8, whatever the label", () => {
    fc.assert(
      fc.property(unicode, charset, (text, label) => {
        fc.pre(!/2022|hz|utf-7/.test(label));
        expect(textOf(utf8(text), label)).toBe(text);
      }),
    );
  });

  test("is well-formed whatever the bytes and the label", () => {
    fc.assert(
      fc.property(fc.uint8Array(), charset, (content, label) => {
        expect(textOf(content, label).isWellFormed()).toBe(true);
        expect(readLabelled(content, label).text.isWellFormed()).toBe(true);
      }),
    );
  });
});
