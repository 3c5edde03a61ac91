/**
 * A header's parameters (RFC 2045 §5.1, RFC 2231), read as leniently as mail is written: spaces and comments anywhere, a
 * semicolon forgotten, quotes that never close, single quotes, values in pieces or percent-encoded.
 */

/** A quoted string, a comment, a separator, or a run of anything else. What never closes ends with the value. */
const TOKEN = /"((?:[^"\\]|\\.)*)(?:"|$)|\((?:[^()\\]|\\.)*\)|([;=\s()])|((?:\\.|[^;=\s()"\\])+|\\$)/gs;

/** The value of a parameter such as `charset`; "" where there is none. `name` is lower case. */
export function parameterOf(header: string, name: string): string {
  const { text, charset } = parameterAsSent(header, name);
  return charset === undefined ? text : percentDecoded(text);
}

/** The same before percent-encoding is undone: then `charset` says of what its bytes are, "" where nothing says it. */
export function parameterAsSent(header: string, name: string): Readonly<{ text: string; charset: string | undefined }> {
  const pieces: string[] = [];
  let extended = false;
  for (const { key, value } of parameters(header)) {
    if (key === name) return { text: value, charset: undefined };
    const [, piece = "0", percent = ""] = /^\*(\d{1,3})?(\*)?$/.exec(key.slice(name.length)) ?? [];
    if (!key.startsWith(`${name}*`)) continue;
    extended ||= percent !== "" || key === `${name}*`;
    pieces[Number(piece)] ??= value;
  }
  const joined = pieces.join("");
  if (!extended) return { text: joined, charset: undefined };
  const [language = "", charset = ""] = /^([^']*)'[^']*'/.exec(joined) ?? [];
  return { text: joined.slice(language.length), charset };
}

function* parameters(header: string): Generator<Readonly<{ key: string; value: string }>> {
  let key = "";
  let state: "name" | "equals" | "value" = "name";
  for (const [whole, quoted, separator, token] of header.matchAll(TOKEN)) {
    const text = quoted === undefined ? token : quoted.replaceAll(/\\(.)/gs, "$1");
    if (text === undefined) {
      // White space and comments may stand everywhere; a semicolon ends what was begun.
      if (separator === "=" && state === "equals") state = "value";
      else if (separator === ";") state = "name";
      continue;
    }
    if (state === "value") {
      yield { key, value: whole.startsWith('"') ? unclosed(text, whole) : text.replace(/^'(.*)'$/s, "$1") };
      state = "name";
    } else {
      key = text.toLowerCase();
      state = "equals";
    }
  }
}

/** A quote that never closes swallowed what follows it: only the first word was meant. */
function unclosed(text: string, whole: string): string {
  return whole.length > 1 && whole.endsWith('"') ? text : (/^[^;\s]*/.exec(text)?.[0] ?? "");
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
