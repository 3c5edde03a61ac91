/**
 * A set of SHA-256 hashes that stays compact for a million of them: 64 bits of each in an open-addressing table. That two
 * of a million share those is less likely than one in thirty million.
 */
export type HashSet = Readonly<{
  /** False when it was there. `sha256` in hex. */
  add(sha256: string): boolean;
  has(sha256: string): boolean;
}>;

export function createHashSet(): HashSet {
  let slots = new BigUint64Array(1 << 8);
  let size = 0;
  const keyOf = (sha256: string): bigint => BigInt(`0x${sha256.slice(0, 16)}`) || 1n; // 0 is an empty slot
  const slotOf = (key: bigint): number => {
    let slot = Number(key & BigInt(slots.length - 1));
    while (slots[slot] !== 0n && slots[slot] !== key) slot = (slot + 1) & (slots.length - 1);
    return slot;
  };
  return {
    add(sha256) {
      const key = keyOf(sha256);
      const slot = slotOf(key);
      if (slots[slot] === key) return false;
      slots[slot] = key;
      size += 1;
      if (size * 2 > slots.length) {
        const before = slots;
        slots = new BigUint64Array(before.length * 2);
        for (const one of before) if (one !== 0n) slots[slotOf(one)] = one;
      }
      return true;
    },
    has(sha256) {
      const key = keyOf(sha256);
      return slots[slotOf(key)] === key;
    },
  };
}
