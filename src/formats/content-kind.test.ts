import { expect, test } from "vitest";

import { CONTENT_TYPES, HEAD_BYTES, kindOf } from "./content-kind.ts";

const typeOf = (text: string): string => kindOf(Buffer.from(text, "latin1")).type;

test.each([
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"],
  ["GIF89a\x01\0", "image/gif"],
  ["GIF87a", "image/gif"],
  ["\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"],
  ["RIFF\x24\0\0\0WEBPVP8 ", "image/webp"],
  ["\0\0\0 ftypavif\0\0\0\0", "image/avif"],
  ["%PDF-1.7\n", "application/pdf"],
  ["PK\x03\x04\x14", "application/zip"],
  ["\x1f\x8b\x08\0", "application/gzip"],
])("%j begins %s", (text, type) => {
  expect(typeOf(text)).toBe(type);
  expect(text.length).toBeLessThanOrEqual(HEAD_BYTES + 4);
  expect(CONTENT_TYPES).toContain(type);
});

test.each([
  "",
  "\x89PNG",
  "GIF88a",
  "RIFF\x24\0\0\0WAVEfmt ",
  "<svg xmlns='http://www.w3.org/2000/svg'>",
  "<?xml version='1.0'?><svg>",
  "\ufeff<svg>",
  "<!doctype html><script>",
  " GIF89a",
  "\0\0\0 ftypheic\0\0\0\0",
  "BM\x36\0\0\0",
  "From: Ada <ada@example.com>",
])("%j is nothing that is known, and no picture", (text) => {
  expect(kindOf(Buffer.from(text))).toEqual({ type: "application/octet-stream", isPicture: false });
});

test("what a browser shows as a picture is a picture to it alone", () => {
  const pictures = ["\x89PNG\r\n\x1a\n", "GIF89a", "\xff\xd8\xff", "RIFF\x24\0\0\0WEBPVP8 ", "\0\0\0 ftypavif"];
  for (const text of pictures) expect(kindOf(Buffer.from(text, "latin1")).isPicture).toBe(true);
  for (const text of ["%PDF-1.7\n", "PK\x03\x04\x14"])
    expect(kindOf(Buffer.from(text, "latin1")).isPicture).toBe(false);
});
