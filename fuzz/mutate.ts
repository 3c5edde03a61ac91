/** What has broken parsers before: control and format characters, half characters, keys and paths that mean something, numbers. */
const TOKENS: readonly Buffer[] = [
  ["\0", "\r\n", "\n", "\r", "\t", "\x1b[2J", "\x7f", "\u2028", "\u2029", "\uFEFF", "\uFFFD", "\u202E", "é", "😀"],
  ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "then", "toJSON"],
  ['{"__proto__":{"polluted":true}}', '"__proto__":{"polluted":true},', '{"constructor":{"prototype":{"polluted":1}}}'],
  ["../", "..\\", "/etc/passwd", "/../../", "%2e%2e%2f", "%00", "%", "~", ".", "//", "file:///", "C:\\"],
  ["0", "-1", "1e999", "-1e999", "1e308", "9007199254740993", "99999999999999999999", "0x10", "NaN", "-0", "1.5"],
  ["null", "true", "{}", "[]", '""', '"', "\\", "\\u0000", "\\ud800", "\\udfff\\ud800", "\\u2028", "\\q", "'", "`"],
  ["[", "]", "{", "}", ",", ":", ";", "=", "&", "?", "#", "<script>", "${7*7}", "{{7*7}}", "%s%n", "$&"],
  [
    "=?utf-8?B?",
    "?=",
    "=?utf-8?Q?=FF?=",
    "cid:",
    "data:",
    "1/min/",
    "retry after ",
    "charset=",
    "utf-16le",
    "x-user-defined",
  ],
  [
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Content-Encoding: gzip\r\n",
    "Host: evil.example\r\n",
    "HTTP/1.1 ",
  ],
]
  .flat()
  .map((text) => Buffer.from(text))
  .concat(
    // Overlong "/", half a surrogate pair as WTF-8, beyond U+10FFFF, a lone continuation, an unfinished sequence, gzip.
    [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xe2, 0x82], [0x1f, 0x8b, 0x08], [0xff]].map(
      (bytes) => Buffer.from(bytes),
    ),
  );

const MOST_BYTES = 1 << 20;

type Random = () => number;

/** A few of the changes that broken disks, broken programs and attackers make. `other` is what may be spliced in. */
export function mutate(input: Buffer, other: Buffer, random: Random): Buffer {
  let bytes = input;
  for (let left = 1 + below(random, 5); left > 0; left -= 1)
    bytes = CHANGES[below(random, CHANGES.length)]!(bytes, other, random);
  return bytes.subarray(0, MOST_BYTES);
}

type Change = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const CHANGES: readonly Change[] = [
  function flipBit(bytes, _, random) {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    const at = below(random, bytes.length);
    changed[at]! ^= 1 << below(random, 8);
    return changed;
  },
  function setByte(bytes, _, random) {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    changed[below(random, bytes.length)] = below(random, 256);
    return changed;
  },
  function insertToken(bytes, _, random) {
    const at = below(random, bytes.length + 1);
    return splice(bytes, at, at, TOKENS[below(random, TOKENS.length)]!);
  },
  function replaceByToken(bytes, _, random) {
    const [start, end] = range(bytes, random);
    return splice(bytes, start, end, TOKENS[below(random, TOKENS.length)]!);
  },
  function repeatToken(bytes, _, random) {
    const at = below(random, bytes.length + 1);
    const token = TOKENS[below(random, TOKENS.length)]!;
    const times = 10 ** (1 + below(random, 4));
    return splice(bytes, at, at, Buffer.alloc(token.length * times, token));
  },
  function nest(bytes, _, random) {
    const depth = 10 ** (1 + below(random, 4));
    const at = below(random, bytes.length + 1);
    const opening = random() < 0.5 ? "[" : '{"a":';
    return splice(bytes, at, at, Buffer.from(opening.repeat(depth)));
  },
  function remove(bytes, _, random) {
    return splice(bytes, ...range(bytes, random), Buffer.alloc(0));
  },
  function repeat(bytes, _, random) {
    const [start, end] = range(bytes, random);
    return splice(bytes, end, end, bytes.subarray(start, end));
  },
  function swap(bytes, _, random) {
    const [start, end] = range(bytes, random);
    const middle = start + below(random, end - start + 1);
    return splice(bytes, start, end, Buffer.concat([bytes.subarray(middle, end), bytes.subarray(start, middle)]));
  },
  function spliceOther(bytes, other, random) {
    const [from, to] = range(other, random);
    return splice(bytes, ...range(bytes, random), other.subarray(from, to));
  },
  function cut(bytes, _, random) {
    return bytes.subarray(0, below(random, bytes.length + 1));
  },
  function zeroes(bytes, _, random) {
    const [start, end] = range(bytes, random);
    return splice(bytes, start, end, Buffer.alloc(end - start));
  },
  function repeatLine(bytes, _, random) {
    const [start, end] = line(bytes, random);
    return splice(bytes, end, end, bytes.subarray(start, end));
  },
  function removeLine(bytes, _, random) {
    return splice(bytes, ...line(bytes, random), Buffer.alloc(0));
  },
  function replaceNumber(bytes, _, random) {
    const text = bytes.toString("latin1");
    const numbers = [...text.matchAll(/\d+/g)];
    const { 0: digits = "", index = 0 } = numbers[below(random, numbers.length)] ?? {};
    const number = ["0", "-1", "1e999", "1e308", "9007199254740993", "99999999999999999999", "1.5", "2"][
      below(random, 8)
    ]!;
    return splice(bytes, index, index + digits.length, Buffer.from(number));
  },
];

function splice(bytes: Buffer, start: number, end: number, between: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), between, bytes.subarray(end)]);
}

/** Where a piece begins and ends; mostly a small one. */
function range(bytes: Buffer, random: Random): [number, number] {
  const start = below(random, bytes.length + 1);
  const most = Math.min(bytes.length - start, random() < 0.8 ? 32 : bytes.length);
  return [start, start + below(random, most + 1)];
}

/** The line, with its end, that a random byte is on. */
function line(bytes: Buffer, random: Random): [number, number] {
  const at = below(random, bytes.length + 1);
  const next = bytes.indexOf(0x0a, at);
  return [at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1, next === -1 ? bytes.length : next + 1];
}

export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}
