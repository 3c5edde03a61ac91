/**
 * All that a mail's document may hold. What makes it (mail-html.ts) and what looks at it before it goes out
 * (mail-gate.ts) both keep to these lists, each by its own reading.
 */

export const TAGS: ReadonlySet<string> = new Set(
  (
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup data dd del details dfn div " +
    "dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu nav ol p pre q rp rt ruby " +
    "s samp section small span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
  ).split(" "),
);

const ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    "align alt bgcolor border cellpadding cellspacing class color colspan dir face headers height id lang nowrap " +
    "rowspan scope size span start style summary title type valign value width"
  ).split(" "),
);

/** Attributes of one element only; `src` holds a picture, and nothing else. */
const OWN_ATTRIBUTES: Readonly<Record<string, string>> = { img: "src", details: "open" };

export function mayHaveAttribute(tag: string, attribute: string): boolean {
  return ATTRIBUTES.has(attribute) || OWN_ATTRIBUTES[tag] === attribute;
}

/** Kinds of picture that browsers show, and that can be nothing else: an SVG is a document of its own. */
const PICTURE_TYPE = "data:image/(?:png|gif|jpe?g|webp|avif|bmp|x-icon)[;,]";

const PICTURE = new RegExp(`^${PICTURE_TYPE}`, "i");

/** An address that carries a picture itself. */
export function isPicture(address: string): boolean {
  return PICTURE.test(address);
}

const PICTURE_IN_CSS = new RegExp(`^url\\(\\s*(["']?)${PICTURE_TYPE}[\\w.+;,=/%-]*\\1\\s*\\)$`, "i");

/** The same as it stands in a style: with nothing in it that could end the address early, and nothing escaped. */
export function isPictureInCss(url: string): boolean {
  return PICTURE_IN_CSS.test(url);
}

const CSS_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark calc min max clamp var env counter counters " +
    "linear-gradient radial-gradient conic-gradient repeating-linear-gradient repeating-radial-gradient repeating-conic-gradient " +
    "-webkit-linear-gradient -webkit-radial-gradient -webkit-gradient -moz-linear-gradient -o-linear-gradient from to color-stop " +
    "matrix translate translatex translatey scale scalex scaley rotate skew skewx skewy cubic-bezier steps " +
    "blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia rect inset circle ellipse polygon " +
    "repeat minmax fit-content format not is where has lang dir nth-child nth-of-type nth-last-child nth-last-of-type"
  ).split(" "),
);

/** Functions that compute, and cannot load. Of a function that is none of these nobody knows what it will load one day. */
export function isCssFunction(name: string): boolean {
  return CSS_FUNCTIONS.has(name.toLowerCase());
}

const CSS_RULES: ReadonlySet<string> = new Set(
  "media supports font-face page keyframes -webkit-keyframes -moz-keyframes -ms-viewport viewport".split(" "),
);

/** At-rules that load nothing by themselves. */
export function isCssRule(name: string): boolean {
  return CSS_RULES.has(name.toLowerCase());
}
