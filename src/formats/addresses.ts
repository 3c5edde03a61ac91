/** One mailbox of an address list (RFC 5322 §3.4): the name as a person reads it, the address as it was sent. */
export type Mailbox = Readonly<{ name: string; address: string }>;

/** Brackets that never close are looked for so often, each time to the end. */
const MOST_OPEN_COMMENTS = 50;

/**
 * The first mailbox of a From header, as far as it can be told apart: its address is the last one in brackets, outside
 * quoted strings and comments. What a sender calls themselves is never taken for where the mail came from.
 */
export function senderIn(from: string): Mailbox {
  let address: string | undefined;
  const name: string[] = [];
  const bare: string[] = []; // what would be the address, if none stands in brackets
  for (const { kind, text } of pieces(from)) {
    if (kind === "comma" && (address !== undefined || bare.join("").trim() !== "")) break;
    if (kind === "address") {
      if (address !== undefined) name.push(`<${address}>`);
      address = text.trim();
    } else if (kind === "quoted") name.push(text);
    else if (kind === "text") name.push(text);
    if (kind === "text") bare.push(text);
    else if (kind === "quoted") bare.push(`"${text}"`);
  }
  if (address === undefined) return { name: "", address: bare.join("").trim() };
  return { name: name.join("").trim(), address };
}

/** Lengths as in RFC 5321 §4.5.3.1: without an end to them a long name would be looked through again from each letter. */
const ADDRESS = /[^\s<>()[\],;:"'@]{1,64}@[^\s<>()[\],;:"'@]{1,190}\.[^\s<>()[\],;:"'@]{1,63}/g;

/** Whether a name looks like an address, and not like the one that the mail came from. */
export function namesAnother({ name, address }: Mailbox): boolean {
  // NFKC makes one of the many at signs and dots that look alike.
  const found = name.normalize("NFKC").toLowerCase().match(ADDRESS);
  return found?.some((one) => one.replace(/\.+$/, "") !== address.toLowerCase()) ?? false;
}

type Piece = Readonly<{ kind: "quoted" | "address" | "comma" | "text"; text: string }>;

/** A header from its beginning to its end. A quoted string that never closes is one to the end; comments say nothing. */
function* pieces(header: string): Generator<Piece> {
  let text = "";
  let open = 0;
  const endOf = (sign: string, at: number): number | undefined => {
    if (sign === '"') return quotedEnd(header, at);
    if (sign !== "(") return addressEnd(header, at);
    const end = open < MOST_OPEN_COMMENTS ? commentEnd(header, at) : undefined;
    if (end === undefined) open += 1;
    return end;
  };
  for (let at = 0; at < header.length; at += 1) {
    const sign = header[at]!;
    const ends = endOf(sign, at);
    if (sign === "\\") text += header[(at += 1)] ?? "";
    else if (sign !== "," && ends === undefined) text += sign;
    else {
      if (text !== "") yield { kind: "text", text };
      text = "";
      if (sign === ",") yield { kind: "comma", text: sign };
      else if (sign === '"') yield { kind: "quoted", text: header.slice(at + 1, ends).replaceAll(/\\(.)/gs, "$1") };
      else if (sign === "<") yield { kind: "address", text: header.slice(at + 1, ends) };
      at = ends ?? at;
    }
  }
  if (text !== "") yield { kind: "text", text };
}

function quotedEnd(header: string, from: number): number {
  let at = from + 1;
  while (at < header.length && header[at] !== '"') at += header[at] === "\\" ? 2 : 1;
  return at;
}

/** Comments nest; one that never closes is none. */
function commentEnd(header: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < header.length; at += 1) {
    if (header[at] === "\\") at += 1;
    else if (header[at] === "(") depth += 1;
    else if (header[at] === ")" && --depth === 0) return at;
  }
  return undefined;
}

/** To the bracket that closes it, before another opens. */
function addressEnd(header: string, from: number): number | undefined {
  if (header[from] !== "<") return undefined;
  for (let at = from + 1; at < header.length; at += 1) {
    if (header[at] === '"') at = quotedEnd(header, at);
    else if (header[at] === ">") return at;
    else if (header[at] === "<") return undefined;
  }
  return undefined;
}
