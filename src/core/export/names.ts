import { growing } from "./growing.ts";

/**
 * Strings ↔ small integers, in the order in which they came; compact for a million. The id of a thread is usually that of its
 * first message, so both may share one table.
 */
export function createNames() {
  let bytes = Buffer.allocUnsafe(1 << 12);
  const ends = growing(Float64Array, 0); // where name n ends in `bytes`; it begins where n-1 ends
  let slots = new Int32Array(1 << 8).fill(-1);
  let size = 0;

  const begin = (name: number): number => (name === 0 ? 0 : ends.at(name - 1));

  /** The slot that holds `text`, or the free one where it belongs. */
  const slotOf = (text: Buffer): number => {
    let slot = hash(text) & (slots.length - 1);
    for (;;) {
      const name = slots[slot]!;
      if (name === -1 || text.equals(bytes.subarray(begin(name), ends.at(name)))) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  };

  const grow = (): void => {
    const before = slots;
    slots = new Int32Array(before.length * 2).fill(-1);
    for (const name of before) if (name !== -1) slots[slotOf(bytes.subarray(begin(name), ends.at(name)))] = name;
  };

  return {
    get size() {
      return size;
    },
    text: (name: number): string => bytes.toString("utf8", begin(name), ends.at(name)),
    /** -1 for one that never came. */
    find(text: string): number {
      return slots[slotOf(Buffer.from(text))]!;
    },
    intern(text: string): number {
      const encoded = Buffer.from(text);
      const slot = slotOf(encoded);
      if (slots[slot] !== -1) return slots[slot]!;
      const from = begin(size);
      if (from + encoded.length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, from + encoded.length));
        bytes.copy(larger, 0, 0, from);
        bytes = larger;
      }
      encoded.copy(bytes, from);
      ends.set(size, from + encoded.length);
      slots[slot] = size;
      size += 1;
      if (size * 2 > slots.length) grow();
      return size - 1;
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: Buffer): number {
  let h = 0x811c9dc5;
  for (const byte of text) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}
