import { canonicalAccount } from "../../core/account.ts";
import { troublesOf, type Notice, type Trouble, type Watched } from "../../core/export/alarm.ts";
import type { Alarm, AlarmRecord, Remembered } from "../../core/ports/alarm-memory.ts";
import type { EpochMs } from "../../core/time.ts";

/*
 * An alarm is told when its trouble begins, then once a day, and when it is over. Each telling is a round: it is tried
 * again for an hour, ever more seldom, and then rests until the next day's.
 *
 *   begins  → told: false, from now on          over, and was told once → overSince, told: false, from now on
 *   told    → the next round a day after this    over, and was never told → forgotten
 *   refused → again in 1, 2, 4, 8, 15, 15 … min  over, and that was told  → forgotten
 *   refused for an hour → the next round a day after this one began
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_WAIT_MS = 15 * MINUTE_MS;

/** That something is over is of no interest any more after so long. */
const OVER_FOR_LONG_MS = 7 * DAY_MS;

/** A sign-in is an account's, however many schedules the account has: of one nobody is told twice. */
const OF_THE_ACCOUNT: ReadonlySet<Alarm["event"]> = new Set(["needs_sign_in", "sign_in_ends_soon"]);

/** What is remembered once these schedules were looked at: of those that are no more, nothing; of paused ones, what was. */
export function recordAfter(
  record: AlarmRecord,
  schedules: readonly Watched[],
  now: EpochMs,
  notifyAfterMs: number,
): AlarmRecord {
  return withSharedTelling(
    Object.fromEntries(
      schedules.map((schedule) => [schedule.id, rememberedAfter(record[schedule.id], schedule, now, notifyAfterMs)]),
    ),
  );
}

/** What goes on for several schedules of an account was told when it was told for one, and is over when it is for all. */
function withSharedTelling(record: AlarmRecord): AlarmRecord {
  const first = new Map<string, Alarm>();
  for (const [schedule, { alarms, paused }] of Object.entries(record))
    for (const alarm of paused ? [] : alarms) {
      const before = first.get(subjectOf(schedule, alarm));
      if (before === undefined || comesBefore(alarm, before)) first.set(subjectOf(schedule, alarm), alarm);
    }
  return withAlarms(record, (schedule, alarm) => {
    const { overSince, told, round, attempts, nextAt } = first.get(subjectOf(schedule, alarm)) ?? alarm;
    if (alarm.overSince === undefined) return [{ ...alarm, told, round, attempts, nextAt }];
    return overSince === undefined ? [] : [alarm];
  });
}

/** With others in the place of each alarm, but for those of paused schedules, which rest. */
function withAlarms(record: AlarmRecord, change: (schedule: string, alarm: Alarm) => readonly Alarm[]): AlarmRecord {
  return Object.fromEntries(
    Object.entries(record).map(([id, remembered]) => [
      id,
      remembered.paused
        ? remembered
        : { ...remembered, alarms: remembered.alarms.flatMap((alarm) => change(id, alarm)) },
    ]),
  );
}

/** One that goes on before one that is over; then one that was told. */
function comesBefore(alarm: Alarm, other: Alarm): boolean {
  const isOver = alarm.overSince !== undefined;
  if (isOver !== (other.overSince !== undefined)) return !isOver;
  return alarm.told && !other.told;
}

/** What an alarm is about: those about the same are told as one. */
function subjectOf(schedule: string, { event, account }: Alarm): string {
  return `${event} ${OF_THE_ACCOUNT.has(event) ? canonicalAccount(account) : schedule}`;
}

/** What is wrong with a schedule's export now, of what it was when it was last looked at. */
export function currentTroubles(
  remembered: Remembered | undefined,
  schedule: Watched,
  now: EpochMs,
  notifyAfterMs: number,
): readonly Trouble[] {
  if (schedule.paused) return [];
  const provenAt = lastProven(remembered, schedule);
  const before = (remembered?.alarms ?? []).filter(({ overSince }) => overSince === undefined);
  return troublesOf({ ...schedule, provenAt }, before, now, notifyAfterMs);
}

function rememberedAfter(
  before: Remembered | undefined,
  schedule: Watched,
  now: EpochMs,
  notifyAfterMs: number,
): Remembered {
  const provenAt = lastProven(before, schedule);
  const proof = provenAt === undefined ? {} : { provenAt };
  const alarms = (before?.alarms ?? []).map((alarm) => notInFuture(alarm, now));
  if (schedule.paused) return { ...proof, alarms, paused: true };
  const troubles = currentTroubles(before, schedule, now, notifyAfterMs);
  const going = troubles.map((trouble) => goingOn(alarms, trouble, schedule.account, now));
  // Whoever must sign in again need not hear that it is over that the sign-in ends soon: nothing is well then.
  const hasEnded = troubles.some(({ event }) => event === "needs_sign_in");
  const over = alarms
    .filter(({ event }) => !troubles.some((trouble) => trouble.event === event))
    .filter(({ event }) => !(hasEnded && event === "sign_in_ends_soon"))
    .flatMap((alarm) => ending(alarm, now));
  return { ...proof, alarms: [...going, ...over] };
}

function lastProven(before: Remembered | undefined, { provenAt }: Watched): EpochMs | undefined {
  return provenAt ?? before?.provenAt;
}

/** A clock that was set back must not silence an alarm for as long as it was ahead. */
function notInFuture(alarm: Alarm, now: EpochMs): Alarm {
  return { ...alarm, round: Math.min(alarm.round, now), nextAt: Math.min(alarm.nextAt, now + DAY_MS) };
}

function goingOn(alarms: readonly Alarm[], trouble: Trouble, account: string, now: EpochMs): Alarm {
  const before = alarms.find(({ event, overSince }) => event === trouble.event && overSince === undefined);
  const told = before ?? { told: false, round: now, attempts: 0, nextAt: now };
  const { round, attempts, nextAt } = told;
  return { ...trouble, account, told: told.told, round, attempts, nextAt };
}

function ending(alarm: Alarm, now: EpochMs): Alarm[] {
  if (alarm.overSince !== undefined) return now - alarm.overSince > OVER_FOR_LONG_MS ? [] : [alarm];
  const { silent: _, ...told } = alarm;
  if (!alarm.told) return [];
  return [{ ...told, overSince: now, told: false, round: now, attempts: 0, nextAt: now }];
}

/** Those that are to be told now, of schedules that are not paused. */
export function alarmsDue(record: AlarmRecord, schedules: readonly Watched[], now: EpochMs): readonly Due[] {
  const due = schedules
    .filter(({ paused }) => !paused)
    .flatMap(({ id }) => (record[id]?.alarms ?? []).map((alarm) => ({ schedule: id, alarm })))
    .filter(({ alarm }) => alarm.silent !== true && alarm.nextAt <= now);
  const bySubject = Map.groupBy(due, ({ schedule, alarm }) => subjectOf(schedule, alarm));
  return [...bySubject.values()].map(([first]) => first!);
}

export type Due = Readonly<{ schedule: string; alarm: Alarm }>;

/** What is remembered once the receiver has taken an alarm, or has not. */
export function recordWith(record: AlarmRecord, { schedule, alarm }: Due, taken: boolean, now: EpochMs): AlarmRecord {
  const subject = subjectOf(schedule, alarm);
  const isOver = alarm.overSince !== undefined;
  return withAlarms(record, (id, one) => {
    if (subjectOf(id, one) !== subject || (one.overSince !== undefined) !== isOver) return [one];
    if (!taken) return [refused(one, now)];
    return isOver ? [] : [{ ...one, told: true, ...nextRound(one, now) }];
  });
}

function refused(alarm: Alarm, now: EpochMs): Alarm {
  const { round } = startedRound(alarm, now);
  const attempts = round === alarm.round ? alarm.attempts + 1 : 1;
  const waitMs = Math.min(MINUTE_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
  if (now + waitMs - round > HOUR_MS) return { ...alarm, ...nextRound({ ...alarm, round }, now) };
  return { ...alarm, round, attempts, nextAt: now + waitMs };
}

/** A round that was over before has given place to the one that begins with what is told now. */
function startedRound(alarm: Alarm, now: EpochMs): Pick<Alarm, "round"> {
  const days = Math.floor((now - alarm.round) / DAY_MS);
  return { round: alarm.round + days * DAY_MS };
}

/** At the same time of day as this one, however late this one was told. */
function nextRound(alarm: Alarm, now: EpochMs): Pick<Alarm, "round" | "attempts" | "nextAt"> {
  const { round } = startedRound(alarm, now);
  return { round, attempts: 0, nextAt: round + DAY_MS };
}

/** In the words in which it is told. */
export function noticeOf({ alarm }: Due): Notice {
  const { event, account, exportId, since, message, next, overSince } = alarm;
  if (overSince === undefined) return { event, account, exportId, since, message, next };
  return { event: "resolved", resolves: event, account, exportId, since: overSince, ...WORDS_OF_END[event](account) };
}

const WORDS_OF_END = {
  failed: (account: string) => ended(`The scheduled export of ${account} has ended well again.`),
  needs_sign_in: (account: string) => ended(`${account} is signed in again: the scheduled export goes on.`),
  unproven: (account: string) => ended(`The export of ${account} is proven complete again.`),
  sign_in_ends_soon: (account: string) => ended(`The sign-in of ${account} does not end within a day any more.`),
} as const satisfies Record<Alarm["event"], (account: string) => Pick<Notice, "message" | "next">>;

function ended(message: string): Pick<Notice, "message" | "next"> {
  return { message, next: "There is nothing to do." };
}
