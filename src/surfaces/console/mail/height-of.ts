/** CSS pixels of a line of text, of a picture that does not say how high it is, and of the frame's own edges. */
const LINE = 22;
const PICTURE = 160;
const EDGES = 32;

/** Characters in a line of a frame that is as wide as the page. */
const LINE_CHARACTERS = 90;

const LOWEST = 96;
const HIGHEST = 720;

const BLOCK = /<(?:p|div|h[1-6]|li|tr|table|blockquote|hr|pre|ul|ol|dt|dd|center|section)\b/i;

/**
 * About how high a mail's inert HTML will be, in CSS pixels: enough for a short one, and a window to scroll in for a
 * long one. The frame's content has an origin of its own, so that nobody may measure it; it can be pulled larger.
 */
export function heightOf(html: string): number {
  const body = html.slice(Math.max(0, html.indexOf("<body"))).replaceAll(/<style[\s\S]*?<\/style>/gi, "");
  let height = EDGES;
  for (const [picture] of body.matchAll(/<img\b[^>]*>/gi))
    height += Math.min(HIGHEST, Number(/\bheight="?(\d+)/i.exec(picture)?.[1] ?? PICTURE));
  for (const block of body.split(new RegExp(`(?=${BLOCK.source})`, "i"))) {
    const isApart = /^<(?:p|h[1-6]|blockquote|hr|pre|ul|ol)\b/i.test(block);
    for (const line of block.split(/<br\b[^>]*>/i)) {
      const characters = line
        .replaceAll(/<[^>]*>/g, "")
        .replaceAll(/\s+/g, " ")
        .trim().length;
      height += LINE * Math.ceil(characters / LINE_CHARACTERS);
    }
    if (isApart) height += LINE;
    if (height > HIGHEST) break;
  }
  return Math.min(HIGHEST, Math.max(LOWEST, height));
}
