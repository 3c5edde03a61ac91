import type { Clock } from "../../../core/ports/clock.ts";
import type { Pacer } from "../../../core/ports/pacer.ts";
import type { Calls, RecentMinute } from "../../../core/ports/recent-calls.ts";
import type { Method, ReadFormat } from "../../../core/quota.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { LookBack } from "./look-back.ts";

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** The same pacer; what goes through it is written down, so that a process after this one knows the last minute. */
type Remembered = Readonly<{
  pacer: Pacer;
  /** Writes the last of it; nothing is sent any more. */
  close(): Promise<void>;
}>;

type Sent = Readonly<{ method: Method; format: ReadFormat | undefined; at: EpochMs }>;

/**
 * Calls `keep` with the calls of the last minute: at once when calls begin to go, then once a second while they do, and
 * at the end. `before` is what a process before this one has left, and goes on being told while it lasts.
 */
export function rememberCalls(
  pacer: Pacer,
  { calls: earlier, knownSince }: LookBack,
  keep: (minute: RecentMinute) => Promise<void>,
  clock: Clock,
): Remembered {
  type Entry = { -readonly [Key in keyof Calls]: Calls[Key] };
  let entries: Entry[] = structuredClone([...earlier]);
  const open = new Map<number, Sent>();
  const stop = new AbortController();
  let isWriting = false;
  let isNew = false; // something was sent, or refused, since it was last written
  let isUsed = false;

  const add = ({ method, format, at }: Sent, count: 1 | -1, refused?: true): void => {
    const second = Math.floor(at / SECOND_MS) * SECOND_MS;
    const found = entries.findLast(
      (entry) => entry.at === second && entry.method === method && entry.format === format && entry.refused === refused,
    );
    if (found) found.count += count;
    else if (count > 0)
      entries.push({ at: second, method, ...(format && { format }), count, ...(refused && { refused }) });
  };

  const minute = (ended: boolean): RecentMinute => {
    const now = clock.now();
    entries = entries.filter(({ at, count }) => at > now - MINUTE_MS - SECOND_MS && count > 0);
    return { asOf: now, knownSince, ended, calls: structuredClone(entries) };
  };

  const write = async (): Promise<void> => {
    if (isWriting || stop.signal.aborted) return;
    isWriting = true;
    while (isNew && !stop.signal.aborted) {
      isNew = false;
      await keep(minute(false));
      await clock.sleep(SECOND_MS, stop.signal).catch(() => {});
    }
    isWriting = false;
  };

  const noted = (): void => {
    isNew = isUsed = true;
    void write();
  };

  return {
    pacer: {
      get prices() {
        return pacer.prices;
      },
      charge: pacer.charge,
      async turn(method, signal, format) {
        const turn = await pacer.turn(method, signal, format);
        const sent = (): void => {
          if (!open.has(turn.number)) {
            const call = { method, format, at: clock.now() };
            open.set(turn.number, call);
            add(call, 1);
            noted();
          }
          turn.sent();
        };
        const done = (): void => {
          open.delete(turn.number);
          turn.done();
        };
        return { ...turn, sent, done };
      },
      refused(refusal, turn) {
        const call = turn && open.get(turn.number);
        if (call) {
          add(call, -1);
          add(call, 1, true);
          noted();
        }
        pacer.refused(refusal, turn);
      },
      accepted: pacer.accepted,
      spent: pacer.spent,
      foresee: pacer.foresee,
      pace: pacer.pace,
    },
    async close() {
      stop.abort();
      if (isUsed) await keep(minute(true));
    },
  };
}
