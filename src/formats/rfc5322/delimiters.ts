/** A delimiter line of one of the open containers (RFC 2046 §5.1.1): of which, counted from the outermost, and whether it ends it. */
export type Delimiter = Readonly<{ container: number; closes: boolean }>;

/** More than any delimiter line has, white space at its end included. */
export const LONGEST_DELIMITER = 1_200;

const DASH = 0x2d;
const WHITE_SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0x0a]);

/** Whether a line, as far as it is there, may still become a delimiter. */
export function mayBeDelimiter(line: Buffer): boolean {
  return line.length <= LONGEST_DELIMITER && (line[0] ?? DASH) === DASH && (line[1] ?? DASH) === DASH;
}

/** What a line, with its end, delimits. A delimiter of an outer container ends all that is open within it. */
export function delimiterIn(line: Buffer, boundaries: readonly Buffer[]): Delimiter | undefined {
  if (line[0] !== DASH || line[1] !== DASH || line.length > LONGEST_DELIMITER) return undefined;
  for (let container = boundaries.length - 1; container >= 0; container -= 1) {
    const boundary = boundaries[container]!;
    const end = 2 + boundary.length;
    if (line.compare(boundary, 0, boundary.length, 2, Math.min(end, line.length)) !== 0) continue;
    const closes = line[end] === DASH && line[end + 1] === DASH;
    if (line.subarray(closes ? end + 2 : end).every((byte) => WHITE_SPACE.has(byte))) return { container, closes };
  }
  return undefined;
}
