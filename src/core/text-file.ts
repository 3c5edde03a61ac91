const UTF_8 = new TextDecoder("utf-8"); // which leaves a byte order mark away

/** The `code` of what `decodeTextFile` throws. */
export const UTF_16 = "UTF-16";

/** Said of a file whose text is UTF-16, after its name. */
export const IS_UTF_16 = "is saved as UTF-16, which Windows programs call Unicode; save it as UTF-8";

/**
 * The text of a file that a person or another program wrote: UTF-8, with or without a byte order mark. UTF-16 is told by
 * its mark, or by the zeros that stand between its letters; read as UTF-8 it would be other text, or none.
 * Throws an error whose `code` is `UTF_16`.
 */
export function decodeTextFile(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const isBare = bytes.length >= 2 && (first === 0) !== (second === 0);
  if (isMarked || isBare) throw Object.assign(new Error(`This text ${IS_UTF_16}.`), { code: UTF_16 });
  return UTF_8.decode(bytes);
}
