/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Whether a number from outside is a time that a Date can hold (ECMA-262 §21.4.1.1). */
export function isMoment(value: unknown): value is EpochMs {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}
