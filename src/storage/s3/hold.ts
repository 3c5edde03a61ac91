import { HoldLost } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Holds } from "../../core/ports/holds.ts";
import { Conflict } from "./failures.ts";
import type { Condition, Objects } from "./requests/objects.ts";

/** Tells all who can see the bucket that somebody writes here, and under which number. */
const HOLD = ".hold";

/** A `.hold` that is older was left behind by a deployment that is no more. */
const STALE_MS = 60_000;
const RENEW_MS = 20_000;
/** What is about to be published, after such a time without a renewal, waits for one. */
const DOUBT_MS = 30_000;

/** The content of `.hold`. `count` rises with each renewal, so that it is another object. */
type HoldNote = Readonly<{ number: number; deployment: string; count: number; released?: true }>;

/** A directory in a bucket that is ours to write. */
export type HeldFolder = Readonly<{
  number: number;
  signal: AbortSignal;
  /** Throws `HoldLost` when it is known to be lost. Asks nobody. */
  assertStillHeld(): void;
  /** The same; it is made sure of first. To be asked right before something gets a name that is taken. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}>;

export type HoldParts = Readonly<{
  objects: Objects;
  holds: Holds;
  clock: Clock;
  /** Names all processes that share a state: between them `holds` decides. */
  deployment: string;
  /** Whether the server writes only where a condition holds. */
  knowsConditions: () => Promise<boolean>;
}>;

/**
 * Takes a directory: between processes that share a state by `holds`; between deployments by `.hold`, which is renewed
 * while it is held. Undefined when somebody else has it for longer than `waitMs`.
 */
export async function holdFolder(
  { objects, holds, clock, deployment, knowsConditions }: HoldParts,
  place: string,
  folder: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<HeldFolder | undefined> {
  const held = await holds.take(place, waitMs, signal);
  if (!held) return undefined;
  const key = folder + HOLD;
  const lost = new AbortController();
  const ended = new AbortController();
  let etag: string | undefined;
  let renewedAt = clock.now();
  let writes = 0;

  const put = async (number: number, released?: true): Promise<void> => {
    const condition: Condition = etag === undefined ? { absent: true } : { etag };
    const askedAt = clock.now();
    writes += 1;
    const note: HoldNote = { number, deployment, count: writes, ...(released && { released }) };
    etag = await objects.put(key, Buffer.from(JSON.stringify(note)), {
      ...((await knowsConditions()) && { condition }),
      mark: `${deployment}-${number}-${writes}`,
    });
    renewedAt = askedAt;
  };

  try {
    const found = await readNote(objects, folder);
    if (found && isForeign(found, deployment)) {
      await held[Symbol.asyncDispose]();
      return undefined;
    }
    etag = found?.etag;
    const number = Math.max(held.number, (found?.note.number ?? 0) + 1);
    await put(number);

    const lose = (error: HoldLost): void => lost.abort(error);
    const onLost = (from: AbortSignal): void => {
      const take = (): void => {
        if (from.reason instanceof HoldLost) lose(from.reason);
      };
      if (from.aborted) take();
      else from.addEventListener("abort", take, { once: true });
    };
    onLost(held.signal);
    if (signal) onLost(signal);

    let renewing: Promise<void> | undefined;
    const renew = (): Promise<void> =>
      (renewing ??= put(number)
        .catch((error: unknown) => {
          if (!(error instanceof Conflict)) throw error;
          lose(new HoldLost(`Another process holds ${place} now: it may write there.`));
          throw lost.signal.reason;
        })
        .finally(() => (renewing = undefined)));
    const keep = async (): Promise<void> => {
      while (!ended.signal.aborted && !lost.signal.aborted) {
        await clock.sleep(RENEW_MS, AbortSignal.any([ended.signal, lost.signal]));
        await renew().catch(() => {}); // what is published waits for one that succeeds
      }
    };
    const keeping = keep().catch(() => {});

    return {
      number,
      signal: lost.signal,
      assertStillHeld: () => lost.signal.throwIfAborted(),
      async confirm() {
        lost.signal.throwIfAborted();
        await held.confirm();
        if (clock.now() - renewedAt > DOUBT_MS) await renew();
        lost.signal.throwIfAborted();
      },
      async release() {
        ended.abort();
        await keeping;
        await renewing?.catch(() => {});
        // Others need not wait until it is old.
        if (!lost.signal.aborted) await put(number, true).catch(() => {});
        await held[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    ended.abort();
    await held[Symbol.asyncDispose]();
    if (error instanceof Conflict) return undefined; // another was quicker
    throw error;
  }
}

/** Whether a deployment that is not this one writes in a directory now. */
export async function isHeldElsewhere(
  { objects, deployment }: Pick<HoldParts, "objects" | "deployment">,
  folder: string,
): Promise<boolean> {
  const found = await readNote(objects, folder);
  return found !== undefined && isForeign(found, deployment);
}

/** `ageMs` by the server's own clock. */
type FoundNote = Readonly<{ note: HoldNote; etag: string; ageMs: number }>;

function isForeign({ note, ageMs }: FoundNote, deployment: string): boolean {
  return note.deployment !== deployment && note.released !== true && ageMs < STALE_MS;
}

const LONGEST_NOTE = 4_096;

async function readNote(objects: Objects, folder: string): Promise<FoundNote | undefined> {
  const piece = await objects.readPiece(folder + HOLD, 0, LONGEST_NOTE);
  if (!piece) return undefined;
  return { note: parseNote(piece.bytes.toString()), etag: piece.etag, ageMs: piece.ageMs };
}

/** What cannot be understood was written by nobody who writes now. */
function parseNote(text: string): HoldNote {
  try {
    const { number, deployment, released }: Record<string, unknown> = JSON.parse(text);
    if (typeof number === "number" && Number.isSafeInteger(number) && typeof deployment === "string")
      return { number, deployment, count: 0, ...(released === true && { released }) };
  } catch {
    // no JSON
  }
  return { number: 0, deployment: "", count: 0 };
}
