import { tokenize, TokenType, type CSSToken } from "@csstools/css-tokenizer";

import { isCssFunction, isCssRule, isPictureInCss } from "./mail-allowed.ts";

/**
 * A mail's style without anything that would be loaded: only functions and at-rules that are known to load nothing, and
 * pictures that it carries. Read by tokens (CSS Syntax Module Level 3 §4), as a browser reads it, so that escapes and
 * comments hide nothing. `blocked` counts what would have been loaded from elsewhere.
 */
export function inertCss(css: string): Readonly<{ css: string; blocked: number }> {
  const tokens = tokenize({ css: css.replaceAll("\0", "") });
  const written: string[] = [];
  let blocked = 0;
  let place = 0;
  /** Leaves out all up to `end`. What stood around it must not meet: `/` and `*` would begin a comment. */
  const leaveOut = (end: number, instead = ""): void => {
    if (/https?:|\/\//i.test(textOf(tokens, place, end))) blocked += 1;
    written.push(` ${instead} `);
    place = end;
  };

  while (place < tokens.length) {
    const token = tokens[place]!;
    if (token[0] === TokenType.EOF) break;
    if (token[0] === TokenType.AtKeyword && !isCssRule(token[4].value)) leaveOut(endOfRule(tokens, place));
    else if (token[0] === TokenType.URL || isUrlFunction(token)) {
      const end = token[0] === TokenType.URL ? place + 1 : endOfFunction(tokens, place);
      const address = textOf(tokens, place, end);
      if (isPictureInCss(address)) {
        written.push(address);
        place = end;
      } else leaveOut(end, "none");
    } else if (token[0] === TokenType.Function && !isCssFunction(token[4].value))
      leaveOut(endOfFunction(tokens, place), "none");
    else {
      const text = write(token);
      if (text === undefined) leaveOut(place + 1);
      else {
        // Behind a number with a unit, `0url(`, it begins no function; nor may it look as if it did.
        const seemsCalled = token[0] === TokenType.OpenParen && /[\w-]$/.test(written.at(-1) ?? "");
        written.push(seemsCalled ? ` ${text}` : text);
        place += 1;
      }
    }
  }
  return { css: written.join(""), blocked };
}

/** Whether a style is as `inertCss` leaves one: nothing in it loads anything or could end the element that holds it. */
export function isInertCss(css: string): boolean {
  if (/[<\0]/.test(css)) return false;
  const tokens = tokenize({ css });
  return tokens.every((token, place) => {
    switch (token[0]) {
      case TokenType.AtKeyword:
        return isCssRule(token[4].value);
      case TokenType.URL:
        return isPictureInCss(token[1]);
      case TokenType.Function:
        return isUrlFunction(token)
          ? isPictureInCss(textOf(tokens, place, endOfFunction(tokens, place)))
          : isCssFunction(token[4].value);
      case TokenType.Ident:
        return !isScripting(token[4].value);
      case TokenType.BadString:
      case TokenType.BadURL:
      case TokenType.CDO:
      case TokenType.CDC:
        return false;
      default:
        return true;
    }
  });
}

function isUrlFunction(token: CSSToken): boolean {
  return token[0] === TokenType.Function && token[4].value.toLowerCase() === "url";
}

/** Properties by which browsers of old attached scripts. */
function isScripting(ident: string): boolean {
  return /^(?:-ms-)?behavior$|^-moz-binding$/i.test(ident);
}

function textOf(tokens: readonly CSSToken[], start: number, end: number): string {
  return tokens
    .slice(start, end)
    .map(([, raw]) => raw)
    .join("");
}

/** A token as text that means the same, with nothing in it disguised. Undefined for what has no place in a style. */
function write(token: CSSToken): string | undefined {
  const [type, raw] = token;
  switch (type) {
    case TokenType.Comment:
      return "/**/"; // it parts what stands around it
    case TokenType.BadString:
    case TokenType.BadURL:
    case TokenType.CDO:
    case TokenType.CDC:
      return undefined;
    case TokenType.Ident:
      return isScripting(token[4].value) ? "x" : isPlain(raw) ? raw : escapeIdent(token[4].value);
    case TokenType.Function:
      return `${token[4].value}(`; // one of ours: letters and hyphens
    case TokenType.AtKeyword:
      return `@${token[4].value}`;
    case TokenType.Hash:
      return isPlain(raw) ? raw : `#${escapeIdent(token[4].value)}`;
    case TokenType.String:
      // A string loads nothing; that it does not even look so spares whoever reads less carefully than a browser.
      return /^(["'])[\w .,#%-]*\1$/.test(raw) ? raw : `"${escape(token[4].value, /["\\<(@:]/)}"`;
    default:
      return isPlain(raw) ? raw : undefined;
  }
}

function isPlain(raw: string): boolean {
  return !/[\\<]/.test(raw);
}

function escapeIdent(value: string): string {
  const begin = /^-?\d|^-$|^--/.exec(value)?.[0] ?? "";
  return escape(begin, /./) + escape(value.slice(begin.length), /[\0-,./:-@[-^`{-\x7f]/);
}

function escape(text: string, special: RegExp): string {
  return text.replace(/./gsu, (character) =>
    special.test(character) || character < " " ? `\\${character.codePointAt(0)!.toString(16)} ` : character,
  );
}

/** Behind the parenthesis that ends the function; or where its declaration ends, if none does. */
function endOfFunction(tokens: readonly CSSToken[], start: number): number {
  let depth = 0;
  for (let place = start; place < tokens.length; place += 1) {
    const [type] = tokens[place]!;
    if (type === TokenType.Function || type === TokenType.OpenParen) depth += 1;
    if (type === TokenType.CloseParen) depth -= 1;
    if (depth === 0) return place + 1;
    if (type === TokenType.Semicolon || type === TokenType.OpenCurly || type === TokenType.CloseCurly) return place;
  }
  return tokens.length;
}

/** Behind the semicolon or the block that ends an at-rule; or before the end of the block that it stands in. */
function endOfRule(tokens: readonly CSSToken[], start: number): number {
  let depth = 0;
  for (let place = start; place < tokens.length; place += 1) {
    const [type] = tokens[place]!;
    if (type === TokenType.OpenCurly) depth += 1;
    if (type === TokenType.CloseCurly) {
      if (depth === 0) return place;
      depth -= 1;
      if (depth === 0) return place + 1;
    }
    if (type === TokenType.Semicolon && depth === 0) return place + 1;
  }
  return tokens.length;
}
