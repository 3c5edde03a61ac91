import { sameAccount } from "../../core/account.ts";
import { failureOf } from "../../core/errors.ts";
import { LIVE } from "../../core/export/job.ts";
import type { Schedule } from "../../core/export/schedule.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import { timeLimit } from "../../core/time-limit.ts";
import type { Proof } from "./read-proof.ts";

export type LivePorts = Readonly<{
  schedules: Pick<Schedules, "list" | "start" | "takeDuty">;
  mailbox(account: string): Promise<Pick<MailboxSource, "profile">>;
  readProof(directory: string): Promise<Proof | undefined>;
  /** Whose mailboxes; none means all that have a schedule. */
  accounts: readonly string[];
  everyMs: number;
  clock: Clock;
  log: Log;
}>;

/** Asks the mailboxes again and again whether something changed, until the signal aborts: one process of all does. */
export async function watchMailboxes(ports: LivePorts, signal: AbortSignal): Promise<void> {
  const { schedules, clock, everyMs, log } = ports;
  const look = mailboxLook(ports);
  while (!signal.aborted) {
    try {
      if (await schedules.takeDuty("ask mailboxes", 2 * everyMs, signal)) await look(signal);
    } catch (error) {
      if (!signal.aborted) log.error("mailboxes cannot be watched", { code: failureOf(error)?.code ?? "internal" });
    }
    await clock.sleep(everyMs, signal).catch(() => {});
  }
}

/**
 * Asks each mailbox once (getProfile, 1 unit) whether its history has gone on since its export, and if so has the schedule
 * begin one. Only exports that are at rest and ended well are looked at: what waits for a person is not asked about, and
 * what failed is tried again when its schedule says so.
 */
export function mailboxLook(ports: LivePorts): (signal: AbortSignal) => Promise<void> {
  const { schedules, mailbox, readProof, accounts, everyMs, clock, log } = ports;
  /** For which moment of its history an export was begun: where that did not bring the cursor there, it is not begun again. */
  const begunFor = new Map<string, string>();

  const lookAt = async (account: string, of: readonly Schedule[], signal: AbortSignal): Promise<void> => {
    const exported = await Promise.all(
      of.map(async (schedule) => ({ schedule, cursor: (await readProof(schedule.request.directory))?.historyId })),
    );
    const known = exported.filter(({ cursor }) => cursor !== undefined); // the first export is the schedule's matter
    if (known.length === 0) return;
    const { cursor: newest } = await (await mailbox(account)).profile(signal);
    for (const { schedule, cursor } of known) {
      if (cursor === newest.value || begunFor.get(schedule.id) === newest.value) continue;
      const starting = await schedules.start(schedule, {}, signal);
      if (starting.outcome !== "started") continue;
      begunFor.set(schedule.id, newest.value);
      log.info("mailbox has changed", { schedule: schedule.id, export: starting.job.id });
    }
  };

  return async (signal) => {
    const chosen = (await schedules.list(signal)).filter(
      ({ request, ...schedule }) => isAtRest(schedule) && isNamed(request.account, accounts),
    );
    const byAccount = Map.groupBy(chosen, ({ request }) => request.account);
    const looks = [...byAccount].map(async ([account, of]) => {
      using limit = timeLimit(clock, everyMs, signal);
      try {
        await lookAt(account, of, limit.signal);
      } catch (error) {
        signal.throwIfAborted();
        // It passes by itself, or the next export meets it, and says what it is.
        log.debug("mailbox cannot be asked", { schedule: of[0]!.id, code: failureOf(error)?.code ?? "internal" });
      }
    });
    await Promise.all(looks);
  };
}

function isAtRest({ paused, busyWith, lastRun }: Pick<Schedule, "paused" | "busyWith" | "lastRun">): boolean {
  return !paused && busyWith === null && !(lastRun && (lastRun.state === "failed" || LIVE.includes(lastRun.state)));
}

function isNamed(account: string, accounts: readonly string[]): boolean {
  return accounts.length === 0 || accounts.some((one) => sameAccount(one, account));
}
