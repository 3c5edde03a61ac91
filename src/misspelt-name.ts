/** The known name that somebody may have meant by one that is not known: two slips of the hand away, in a short one one. */
export function nameMeant(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined;
  const given = name.toUpperCase().replaceAll("-", "_");
  return known.find((one) => {
    const slips = one.length > 5 ? 2 : 1;
    return Math.abs(one.length - given.length) <= slips && distance(one, given) <= slips;
  });
}

/** Letters to insert, remove or replace to come from one to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
