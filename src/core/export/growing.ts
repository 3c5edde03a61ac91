type Numbers = Int32Array | Uint8Array | Float64Array;

/** A typed array that doubles when written past its end; unwritten places read as `empty`. */
export function growing(Kind: new (length: number) => Numbers, empty: number) {
  let values = new Kind(1 << 8).fill(empty);
  return {
    at: (index: number): number => (index < values.length ? values[index]! : empty),
    set(index: number, value: number): void {
      if (index >= values.length) {
        const larger = new Kind(Math.max(values.length * 2, index + 1)).fill(empty);
        larger.set(values);
        values = larger;
      }
      values[index] = value;
    },
  };
}
