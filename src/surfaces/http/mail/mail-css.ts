/**
 * A mail's style without anything that would be loaded: addresses other than `data:image/`, and imports. The answer's
 * policy would block them too; this is so that there is nothing to block, and so that they can be counted.
 */
export function inertCss(css: string): Readonly<{ css: string; blocked: number }> {
  let blocked = 0;
  const without = (match: string, instead: string): string => {
    if (/https?:|\/\//i.test(match)) blocked += 1;
    return instead;
  };
  const inert = css
    .replace(/[<\0]/g, "") // nothing can end the style element, or begin another
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, "")
    .replace(ESCAPE, unescaped)
    .replace(/@import[^;]*(?:;|$)/gi, (match) => without(match, " ")) // a space: what stood around it must not meet
    .replace(ADDRESS, (match) => (PICTURE.test(match) ? match : without(match, "none")))
    .replace(/\b(?:-[a-z]+-)?(?:image-set|image|src|cross-fade|expression)\s*\([^;{}]*/gi, (match) =>
      without(match, "none"),
    )
    .replace(/(?:behavior|-moz-binding)\s*:/gi, "x:");
  return { css: inert, blocked };
}

/** `\75 rl(` is `url(`: letters and hyphens are written as what they are, and everything else left. */
const ESCAPE = /\\(?:([0-9a-f]{1,6})[ \t\r\n\f]?|([^\r\n\f]))/gi;

function unescaped(match: string, hex: string | undefined, plain: string | undefined): string {
  const character = hex === undefined ? (plain ?? "") : String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff));
  return /^[a-z-]$/i.test(character) ? character : match;
}

/** An address up to its parenthesis, or to the end of the style where there is none. */
const ADDRESS = /url\(\s*(?:"[^"]*"|'[^']*')?[^)]*(?:\)|$)/gi;

/** One that carries a picture, and nothing in it that could end the address early. */
const PICTURE = /^url\(\s*(["']?)data:image\/(?!svg)[\w.+;,=/%-]*\1\s*\)$/i;
