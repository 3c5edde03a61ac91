/**
 * Text into the charsets of old mail. Node only decodes them, so each table is its decoder turned around.
 * Double-byte tables hold lead bytes 0x81–0xFE and trail bytes 0x40–0xFE, which is all that GBK, Shift_JIS and EUC-JP need.
 */
const tables = new Map<string, ReadonlyMap<string, Buffer>>();

/** Throws when the charset has no byte for a character: a generator's mistake, never a message's. */
export function encode(text: string, charset: string): Buffer {
  const name = charset.toLowerCase();
  if (name === "utf-8" || name === "us-ascii") return Buffer.from(text, "utf8");
  if (name === "iso-8859-1") return Buffer.from(text, "latin1");
  if (name === "iso-2022-jp") return iso2022jp(text);
  const table = tableOf(name);
  return Buffer.concat(Array.from(text, (character) => bytesOf(table, character, name)));
}

/** JIS X 0208 between ESC $ B and ESC ( B (RFC 1468): EUC-JP without its high bits. */
function iso2022jp(text: string): Buffer {
  const table = tableOf("euc-jp");
  const bytes: number[] = [];
  let twoBytes = false;
  for (const character of text) {
    const ascii = character < "\u0080";
    if (ascii === twoBytes) bytes.push(0x1b, ...(ascii ? [0x28, 0x42] : [0x24, 0x42]));
    twoBytes = !ascii;
    for (const byte of bytesOf(table, character, "iso-2022-jp")) bytes.push(byte & 0x7f);
  }
  if (twoBytes) bytes.push(0x1b, 0x28, 0x42);
  return Buffer.from(bytes);
}

function bytesOf(table: ReadonlyMap<string, Buffer>, character: string, charset: string): Buffer {
  const bytes = table.get(character);
  if (bytes === undefined) throw new Error(`${charset} has no ${JSON.stringify(character)}`);
  return bytes;
}

function tableOf(charset: string): ReadonlyMap<string, Buffer> {
  let table = tables.get(charset);
  if (table === undefined) tables.set(charset, (table = invert(charset)));
  return table;
}

function invert(charset: string): ReadonlyMap<string, Buffer> {
  const decoder = new TextDecoder(charset);
  const table = new Map<string, Buffer>();
  const learn = (bytes: Buffer) => {
    const character = decoder.decode(bytes);
    if (Array.from(character).length === 1 && character !== "\ufffd" && !table.has(character))
      table.set(character, bytes);
  };
  for (let byte = 0; byte < 0x100; byte++) learn(Buffer.from([byte]));
  if (table.size > 0xf0) return table;
  for (let lead = 0x81; lead < 0xff; lead++)
    for (let trail = 0x40; trail < 0xff; trail++) learn(Buffer.from([lead, trail]));
  return table;
}
