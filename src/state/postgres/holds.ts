import { HoldLost } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { HeldPlace, Holds } from "../../core/ports/holds.ts";
import { unlessAborted } from "../unless-aborted.ts";
import type { Database } from "./database.ts";

export const HOLD_TABLE = `create table gmail_export.holds (
  place text primary key,
  number bigint not null, -- of who took it last
  until timestamptz not null
)`;

/** Milliseconds. */
export const TIMES = {
  /** For which the database keeps a place for who has it, from each renewal on: less than the lease of an export, so that who takes that over finds its directory free. */
  lease: 8_000,
  /** So long before that its holder takes it for lost, so that what is under way has ended by then. */
  margin: 2_000,
  /** Between two renewals. */
  renew: 1_500,
  /** For which an answer to one is waited for, before it is asked anew over another connection. */
  answer: 2_000,
  /** Between two looks whether a place is free. */
  look: 250,
};

/** That a hold lasts, for as long as that is certain after the moment at which it was asked for. */
type Belief = Readonly<{ over: Promise<void>; isOver(): boolean; drop(): void }>;

/**
 * Places that a row each of the database keeps: the number of who took it last, and until when it is theirs, by the
 * database's clock alone. No connection and no lock stands for a hold: who is frozen, or cut off, has lost it when its time
 * is over, and takes it for lost before that. A number is above all before it, and not below the milliseconds since 1970:
 * so it is also where the database was made anew, or an older copy of it put back.
 */
export function postgresHolds(database: Database, clock: Clock, times = TIMES): Holds {
  const { lease, margin, renew, answer, look } = times;

  const tryToTake = async (place: string): Promise<number | undefined> => {
    const [taken] = await database.query<{ number: number }>(
      `insert into gmail_export.holds as held (place, number, until)
       values ($1, extract(epoch from clock_timestamp()) * 1000, clock_timestamp() + $2 * interval '1 ms')
       on conflict (place) do update set number = greatest(held.number + 1, excluded.number), until = excluded.until
         where held.until <= clock_timestamp()
       returning number::float8`,
      [place, lease],
    );
    return taken?.number;
  };

  const giveBack = async (place: string, number: number): Promise<void> => {
    const free = "update gmail_export.holds set until = '-infinity' where place = $1 and number = $2";
    await database.query(free, [place, number]).catch(() => {}); // it ends by itself
  };

  /** What counts is time that passes: a timer, and a clock that went on while the machine slept and timers stood still. */
  const believe = (): Belief => {
    const dropped = new AbortController();
    const until = clock.now() + lease - margin;
    let isOver = false;
    const over = clock.sleep(lease - margin, dropped.signal).then(
      () => void (isOver = true),
      () => new Promise<never>(() => {}), // dropped: nobody waits for it any more
    );
    return { over, isOver: () => isOver || clock.now() >= until, drop: () => dropped.abort() };
  };

  const hold = (place: string, number: number, first: Belief): HeldPlace => {
    const lost = new AbortController();
    const ended = new AbortController();
    let reason: HoldLost | undefined;
    const lose = (why: HoldLost): HoldLost => {
      ended.abort();
      belief.drop();
      reason ??= why;
      lost.abort(reason);
      return reason;
    };
    const unrenewed = (): HoldLost =>
      lose(new HoldLost("The database has not been reached in time to keep this directory.", "database"));
    const taken = (): HoldLost => lose(new HoldLost("Another process may write to this directory by now."));
    let belief = first;
    void belief.over.then(unrenewed);

    const isTheirs = async (sql: string, values: readonly unknown[], signal: AbortSignal): Promise<boolean> =>
      (await database.query(sql, [place, number, ...values], signal)).length > 0;

    const renewing = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        await clock.sleep(renew, ended.signal).catch(() => {});
        if (ended.signal.aborted) break;
        const next = believe();
        const late = new AbortController();
        const heard = new AbortController();
        clock.sleep(answer, heard.signal).then(
          () => late.abort(),
          () => {},
        );
        const isKept = await isTheirs(
          `update gmail_export.holds set until = clock_timestamp() + $3 * interval '1 ms'
           where place = $1 and number = $2 and until > clock_timestamp() returning 1`,
          [lease],
          AbortSignal.any([late.signal, ended.signal]),
        ).catch(() => undefined);
        heard.abort();
        if (isKept === false) taken();
        (isKept === true ? belief : next).drop();
        if (isKept !== true) continue;
        belief = next;
        void belief.over.then(unrenewed);
      }
    };
    void renewing();

    return {
      number,
      signal: lost.signal,
      async confirm() {
        lost.signal.throwIfAborted();
        if (ended.signal.aborted) throw new HoldLost("This directory was given back.");
        if (belief.isOver()) throw unrenewed();
        const sql = "select 1 from gmail_export.holds where place = $1 and number = $2 and until > clock_timestamp()";
        if (!(await isTheirs(sql, [], lost.signal))) throw taken();
        if (belief.isOver()) throw unrenewed();
      },
      async [Symbol.asyncDispose]() {
        ended.abort();
        if (reason === undefined) await Promise.race([giveBack(place, number), belief.over]);
        belief.drop();
      },
    };
  };

  return {
    canBeLost: true,
    async take(place, waitMs, signal) {
      const giveUpAt = clock.now() + waitMs;
      for (;;) {
        signal?.throwIfAborted();
        const belief = believe();
        const asked = tryToTake(place);
        const number = await unlessAborted(signal, () => asked).catch((error: unknown) => {
          belief.drop();
          asked.then(
            (late) => (late === undefined ? undefined : giveBack(place, late)),
            () => {},
          );
          throw error;
        });
        if (number !== undefined) return hold(place, number, belief);
        belief.drop();
        if (clock.now() >= giveUpAt) return undefined;
        await clock.sleep(Math.min(look, giveUpAt - clock.now()), signal);
      }
    },
    async isHeld(place) {
      const sql = "select 1 from gmail_export.holds where place = $1 and until > clock_timestamp()";
      return (await database.query(sql, [place])).length > 0;
    },
  };
}
