import type { Listed, Objects } from "./requests/objects.ts";
import type { StoredBytes } from "./requests/write-object.ts";

/** The folder in which files grow, a folder each. */
const SEGMENTS = ".segments";

/**
 * A piece of a file that grows: `.segments/<name>/<number>-<n>`, the number of the hold under which it was written, and one
 * that rises with each piece. A base holds all that stood before it: what has a smaller number counts no more.
 */
export type Segment = Listed & Readonly<{ number: number; n: number; isBase: boolean }>;

/** The pieces that a file which grows is made of, in their order, and others under its name that count no more. */
export type Segments = Readonly<{ current: readonly Segment[]; abandoned: readonly Segment[]; bytes: number }>;

/** Keys sort as their numbers do, of which none is larger than a safe integer. */
export function segmentKey(folder: string, name: string, number: number, n: number, isBase: boolean): string {
  const id = `${String(number).padStart(16, "0")}-${String(n).padStart(8, "0")}`;
  return `${folder}${SEGMENTS}/${name}/${id}${isBase ? "-base" : ""}`;
}

/** The name of the file of which a key is a piece. */
function segmentOf(folder: string, listed: Listed): Readonly<{ name: string; segment: Segment }> | undefined {
  const [, name, number, n, base] =
    /^\.segments\/(.+)\/(\d{16})-(\d{8})(-base)?$/s.exec(listed.key.slice(folder.length)) ?? [];
  if (name === undefined) return undefined;
  return { name, segment: { ...listed, number: Number(number), n: Number(n), isBase: base !== undefined } };
}

/**
 * What counts is the last base and what follows it without a gap, under the same number: a writer that was held up, and
 * has a smaller one, changes nothing; nor does a piece of which the one before was never answered for.
 */
export function countedSegments(all: readonly Segment[]): Segments {
  const sorted = all.toSorted((a, b) => a.number - b.number || a.n - b.n);
  const first = sorted.findLastIndex(({ isBase }) => isBase);
  const current: Segment[] = [];
  for (const segment of first === -1 ? [] : sorted.slice(first)) {
    const before = current.at(-1);
    if (before && (segment.number !== before.number || segment.n !== before.n + 1)) break;
    current.push(segment);
  }
  const counted = new Set(current);
  return {
    current,
    abandoned: sorted.filter((one) => !counted.has(one)),
    bytes: current.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** All files that grow in a directory, by their names. `folder` is the directory's, with a slash at its end unless it is "". */
export async function listGrowing(objects: Objects, folder: string): Promise<ReadonlyMap<string, Segments>> {
  const found = Map.groupBy(await segmentsUnder(objects, folder, `${folder}${SEGMENTS}/`), ({ name }) => name);
  return new Map([...found].map(([name, all]) => [name, countedSegments(all.map(({ segment }) => segment))]));
}

export async function listSegments(objects: Objects, folder: string, name: string): Promise<Segments> {
  const found = await segmentsUnder(objects, folder, `${folder}${SEGMENTS}/${name}/`);
  return countedSegments(found.map(({ segment }) => segment));
}

async function segmentsUnder(objects: Objects, folder: string, prefix: string) {
  const listed = await Array.fromAsync(objects.list(prefix));
  return listed.map((one) => segmentOf(folder, one)).filter((one) => one !== undefined);
}

/** Removes pieces so that what is left never counts as a file: what is abandoned, then the base, then what followed it. */
export async function removeSegments(objects: Objects, { current, abandoned }: Segments): Promise<void> {
  await removeAll(objects, abandoned);
  await removeAll(objects, current.slice(0, 1));
  await removeAll(objects, current.slice(1));
}

const AT_ONCE = 8;

/** Removes objects, several at once, and resolves when all of them are gone. */
export async function removeAll(objects: Objects, all: readonly Readonly<{ key: string }>[]): Promise<void> {
  const left = [...all];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) await objects.remove(next.key);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Where the first `bytes` of a file that grows lie. */
export function firstBytes({ current }: Segments, bytes: number): StoredBytes[] {
  let left = bytes;
  const found: StoredBytes[] = [];
  for (const { key, etag, bytes: size } of current) {
    const end = Math.min(size, left);
    if (end > 0) found.push({ key, etag, start: 0, end });
    left -= end;
  }
  return found;
}

/** Changes whenever the pieces do. */
export function stampOf({ current }: Segments): string {
  const last = current.at(-1);
  return last === undefined ? "" : `${last.number}-${last.n}-${last.etag}`;
}
