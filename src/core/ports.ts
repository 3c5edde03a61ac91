/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Whether a number from outside is a time that a Date can hold (ECMA-262 §21.4.1.1). */
export function isMoment(value: unknown): value is EpochMs {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

/** Time as an argument, so that an hour of quota waiting is tested in a millisecond. */
export type Clock = Readonly<{
  now(): EpochMs;
  /** Resolves after `delayMs` (at once when it is not positive); rejects with the signal's reason when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}>;

/** Log lines are event names with fields. Ids and counts may be logged; subjects, bodies, queries and tokens never. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type Log = Readonly<{
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}>;

/**
 * Holds `path` for this process alone until disposed; the operating system gives it back when the process dies.
 * Resolves with undefined when somebody else holds it for longer than `waitMs`.
 */
export type Lock = (path: string, waitMs: number, signal?: AbortSignal) => Promise<AsyncDisposable | undefined>;

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A value that cannot print itself: JSON, template strings and inspection all give `[redacted]`. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The one way to the value; every call of it is a place to review. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return "[redacted]";
  }
  toJSON(): string {
    return "[redacted]";
  }
  [inspect](): string {
    return "[redacted]";
  }
}
