import { createHash } from "node:crypto";

import type { InlinePictures } from "./mail-html.ts";
import type { Picture } from "./stored-content.ts";

/**
 * Pictures put into a message's document where it shows them. The document is made, and looked at once more, with a mark
 * in the place of each content: many megabytes of base64 are neither parsed nor held in memory. What is put in the place
 * of a mark has the letters of base64 alone, none of which ends an attribute.
 */
export type ShownPictures = Readonly<{
  /** What the document is made with. */
  inline: InlinePictures;
  /** The document with the contents in their places, or left out. Throws `directory_damaged` where one is another by now. */
  fill(document: string, withContents: boolean): AsyncIterable<Buffer>;
}>;

export function showPictures(html: string, pictures: ReadonlyMap<string, Picture | null>): ShownPictures {
  // No mail can hold its own hash, so what has this mark in it is ours.
  const mark = createHash("sha256").update(html).digest("hex");
  const shown: Picture[] = [];
  const inline = new Map<string, { address: string; bytes: number } | null>();
  for (const [contentId, picture] of pictures)
    if (picture === null) inline.set(contentId, null);
    else {
      inline.set(contentId, {
        address: `data:${picture.type};base64,${mark}.${shown.length}.`,
        bytes: picture.bytes,
      });
      shown.push(picture);
    }
  return {
    inline,
    async *fill(document, withContents) {
      for (const [place, piece] of document.split(new RegExp(String.raw`${mark}\.(\d+)\.`)).entries())
        if (place % 2 === 0) yield Buffer.from(piece);
        else if (withContents) yield* inBase64(shown[Number(piece)]!);
    },
  };
}

async function* inBase64({ content }: Picture): AsyncGenerator<Buffer> {
  await using opened = await content.open();
  let rest: Uint8Array = Buffer.alloc(0);
  for await (const chunk of opened.read(0, content.bytes)) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    yield Buffer.from(bytes.toString("base64", 0, whole), "latin1");
  }
  yield Buffer.from(Buffer.from(rest).toString("base64"), "latin1");
}
