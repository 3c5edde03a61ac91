import { randomUUID } from "node:crypto";

import type { Clock } from "../../core/ports/clock.ts";
import type { Database, Query } from "./database.ts";

/** Milliseconds for which a name is its holder's without being renewed. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** Milliseconds between two looks whether it is free. */
const LOOK_MS = 100;

/** A name that one process of the deployment has. Disposing it gives it back. */
type NamedLease = AsyncDisposable &
  Readonly<{
    /** Within a transaction: whether it is still held, and stays so until the transaction ends. */
    isHeld(query: Query): Promise<boolean>;
  }>;

/**
 * Names that one process at a time has. By the database's clock, and not by a connection: a process that stands still, or
 * is cut off, has it no longer after half a minute, and is told so where it asks.
 */
export type Leases = Readonly<{
  /** Undefined where somebody else has it for longer than `waitMs`. */
  take(name: string, waitMs: number, signal?: AbortSignal): Promise<NamedLease | undefined>;
}>;

export function createLeases(database: Database, clock: Clock): Leases {
  const tryToTake = async (name: string, holder: string, signal?: AbortSignal): Promise<boolean> => {
    const taken = await database.query(
      `insert into gmail_export.leases as held (name, holder, until)
       values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
       on conflict (name) do update set holder = excluded.holder, until = excluded.until
         where held.until < clock_timestamp()
       returning name`,
      [name, holder, LEASE_MS],
      signal,
    );
    return taken.length > 0;
  };

  const hold = (name: string, holder: string): NamedLease => {
    const over = new AbortController();
    const renew = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await clock.sleep(RENEW_MS, over.signal).catch(() => {});
        if (over.signal.aborted) return;
        await database
          .query(
            `update gmail_export.leases set until = clock_timestamp() + $3 * interval '1 ms'
             where name = $1 and holder = $2`,
            [name, holder, LEASE_MS],
          )
          .catch(() => {}); // tried again before it ends; if it ends, it is lost
      }
    };
    void renew();
    return {
      async isHeld(query) {
        const held = await query(
          "select 1 from gmail_export.leases where name = $1 and holder = $2 and until > clock_timestamp() for update",
          [name, holder],
        );
        return held.length > 0;
      },
      async [Symbol.asyncDispose]() {
        over.abort();
        const free = "delete from gmail_export.leases where name = $1 and holder = $2";
        await database.query(free, [name, holder]).catch(() => {}); // it ends by itself
      },
    };
  };

  return {
    async take(name, waitMs, signal) {
      const holder = randomUUID();
      for (let waited = 0; ; waited += LOOK_MS) {
        if (await tryToTake(name, holder, signal)) return hold(name, holder);
        if (waited >= waitMs) return undefined;
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}
