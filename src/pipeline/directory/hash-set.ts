/**
 * A set of SHA-256 hashes that stays compact for a million of them, and counts how often each was added: 64 bits of each in
 * an open-addressing table. That two of a million share those is less likely than one in thirty million.
 */
export type HashSet = Readonly<{
  /** False when it was there. `sha256` in hex. */
  add(sha256: string): boolean;
  /** Takes back one time that it was added; true when that was the last. */
  remove(sha256: string): boolean;
  has(sha256: string): boolean;
}>;

export function createHashSet(): HashSet {
  let slots = new BigUint64Array(1 << 8);
  let counts = new Uint32Array(slots.length);
  let size = 0; // slots that are taken, also by what is there no more
  const keyOf = (sha256: string): bigint => BigInt(`0x${sha256.slice(0, 16)}`) || 1n; // 0 is an empty slot
  const slotOf = (key: bigint): number => {
    let slot = Number(key & BigInt(slots.length - 1));
    while (slots[slot] !== 0n && slots[slot] !== key) slot = (slot + 1) & (slots.length - 1);
    return slot;
  };
  const grow = (): void => {
    const [before, countsBefore] = [slots, counts];
    slots = new BigUint64Array(before.length * 2);
    counts = new Uint32Array(slots.length);
    for (const [index, key] of before.entries()) {
      if (key === 0n) continue;
      const slot = slotOf(key);
      slots[slot] = key;
      counts[slot] = countsBefore[index]!;
    }
  };
  return {
    add(sha256) {
      const key = keyOf(sha256);
      const slot = slotOf(key);
      counts[slot]! += 1;
      if (slots[slot] === key) return counts[slot] === 1;
      slots[slot] = key;
      size += 1;
      if (size * 2 > slots.length) grow();
      return true;
    },
    remove(sha256) {
      const slot = slotOf(keyOf(sha256));
      if (counts[slot] === 0) return false;
      counts[slot]! -= 1;
      return counts[slot] === 0;
    },
    has: (sha256) => counts[slotOf(keyOf(sha256))]! > 0,
  };
}
