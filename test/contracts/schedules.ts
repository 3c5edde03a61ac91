import { describe, expect, test } from "vitest";

import { NO_PROGRESS, type ExportState } from "../../src/core/export/job.ts";
import type { JobQueue } from "../../src/core/ports/job-queue.ts";
import type { NewSchedule, Schedules } from "../../src/core/ports/schedules.ts";
import { refusalOf, requestOf, type JobQueueStage } from "./job-queue.ts";

export type SchedulesStage = Omit<JobQueueStage, "another"> &
  AsyncDisposable &
  Readonly<{
    schedules: Schedules;
    /** As another process has them: nothing shared but what is stored. Closed with the stage. */
    another(): JobQueue & Readonly<{ schedules: Schedules }>;
    anotherSchedules(): Schedules;
  }>;

const AT = Date.UTC(2026, 10, 24, 2);
export const scheduleOf = (account: string, more: Partial<NewSchedule> = {}): NewSchedule => ({
  request: { ...requestOf(account), attachments: true, formats: ["mbox"] },
  cron: "0 3 * * *",
  timeZone: "Europe/Paris",
  jitterSeconds: 30,
  paused: false,
  next: { at: AT, startAt: AT + 12_000 },
  ...more,
});
const later = { next: { at: AT + 86_400_000, startAt: AT + 86_400_000 }, ran: [{ from: AT, to: AT }] };
const FULL = { code: "disk", retry: "never", message: "Full.", next: "Make room." } as const;
const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;

/** What every store of schedules does; each runs this suite. */
export function schedulesContract(implementation: string, open: () => Promise<SchedulesStage>): void {
  describe(`Schedules contract (${implementation})`, () => {
    test("a schedule is kept as it was made, and another process knows it", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      expect(made).toMatchObject({
        ...scheduleOf("ada@example.com"),
        createdAt: at.clock.now(),
        lastRun: null,
        busyWith: null,
        ran: [],
      });
      const second = await at.schedules.add(scheduleOf("bob@example.com", { paused: true, next: null }));
      const other = at.anotherSchedules();
      expect(await other.list()).toEqual([made, second]);
      expect(await other.get(second.id)).toEqual(second);
    });

    test("a change is made to what was read, and not to what somebody else has changed since", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      const other = at.anotherSchedules();
      const changed = (await other.change(made, { cron: "0 4 * * *", next: null, paused: true }))!;
      expect(changed).toMatchObject({ id: made.id, cron: "0 4 * * *", next: null, paused: true, jitterSeconds: 30 });
      expect(await at.schedules.change(made, { cron: "0 5 * * *" })).toBeUndefined();
      expect((await at.schedules.start(made, later)).outcome).toBe("changed");
      expect(await at.schedules.get(made.id)).toEqual(changed);
      expect((await at.queue.list(5)).exports).toEqual([]);
      const moved = (await at.schedules.change(changed, { request: requestOf("ada@example.com", "/data/elsewhere") }))!;
      expect(moved.request).toEqual(requestOf("ada@example.com", "/data/elsewhere"));
      expect(moved.cron).toBe("0 4 * * *");
    });

    test("starting adds the export and puts the schedule on: both, and once, whoever tries", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      const all = [at.schedules, at.anotherSchedules(), at.anotherSchedules()];
      const endings = await Promise.all(Array.from({ length: 9 }, (_, n) => all[n % 3]!.start(made, later)));
      const started = endings.filter((one) => one.outcome === "started");
      expect(started).toHaveLength(1);
      const { schedule, job } = started[0]!;
      expect(job).toMatchObject({ request: made.request, state: "queued" });
      expect(schedule).toMatchObject({
        ...later,
        lastRun: { at: at.clock.now(), exportId: job.id, state: "queued" },
        busyWith: job.id,
      });
      expect((await at.queue.list(5)).exports.map(({ id }) => id)).toEqual([job.id]);
      expect((await at.queue.take())!.job.id).toBe(job.id);
    });

    test("a schedule whose directory a live export has starts nothing and stays as it is", async () => {
      await using at = await open();
      const { id } = await at.queue.add(requestOf("ada@example.com"));
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      expect(made.busyWith).toBe(id);
      expect(await at.schedules.start(made, later)).toEqual({ outcome: "busy", exportId: id });
      await at.queue.ask(id, "pause");
      expect(await at.schedules.start(made, later)).toEqual({ outcome: "busy", exportId: id });
      expect(await at.schedules.get(made.id)).toEqual(made);
      await at.queue.ask(id, "cancel");
      expect((await at.schedules.get(made.id)).busyWith).toBeNull();
      expect((await at.schedules.start(made, later)).outcome).toBe("started");
    });

    test.each<ExportState>([
      { state: "completed" },
      { state: "completed_with_failures" },
      { state: "failed", failure: FULL },
      { state: "needs_sign_in", failure: REVOKED },
    ])("how the last export stands is told by its schedule: $state", async (end) => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      await at.schedules.start(made, later);
      const stateNow = async () => (await at.anotherSchedules().get(made.id)).lastRun?.state;
      const lease = (await at.queue.take())!;
      expect(await stateNow()).toBe("running");
      await lease.release(end, NO_PROGRESS);
      expect(await stateNow()).toBe(end.state);
    });

    test("it is told too when that export is off the list, until the next", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      await at.schedules.start(made, later);
      const lease = (await at.queue.take())!;
      await lease.release({ state: "failed", failure: FULL }, NO_PROGRESS);
      await at.queue.remove(lease.job.id);
      const after = await at.schedules.get(made.id);
      expect(after.lastRun).toEqual({ at: at.clock.now(), exportId: lease.job.id, state: "failed" });
      await at.schedules.start(after, later);
      expect((await at.schedules.get(made.id)).lastRun).toMatchObject({ state: "queued" });
    });

    test("a schedule that is removed is nobody's any more; its exports go on", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      await at.schedules.start(made, later);
      await at.schedules.remove(made.id);
      const asks: Promise<unknown>[] = [
        at.schedules.get(made.id),
        at.schedules.remove(made.id),
        at.schedules.change(made, {}),
        at.schedules.get("none"),
      ];
      expect(new Set(await Promise.all(asks.map(refusalOf)))).toEqual(new Set(["schedule_unknown"]));
      expect((await at.schedules.start(made, later)).outcome).not.toBe("started");
      await at.queue.ask((await at.queue.list(1)).exports[0]!.id, "cancel");
      expect(await at.schedules.start(made, later)).toEqual({ outcome: "changed" });
      expect(await at.schedules.list()).toEqual([]);
      expect(await at.queue.take()).toBeUndefined();
    });

    test("who waits for a change of the queue hears at once of an export that a schedule added", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      const changed = at.queue.changed(new AbortController().signal);
      await at.schedules.start(made, later);
      await changed;
    });

    test("nobody is woken by a start that has to wait, or by a change that came too late", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      await at.schedules.start(made, later);
      const stop = new AbortController();
      let isWoken = false;
      const changed = at.queue.changed(stop.signal).then(() => (isWoken = true));
      expect((await at.schedules.start(made, later)).outcome).toBe("busy");
      expect(await at.schedules.change(made, later)).toBeUndefined();
      await at.schedules.list(); // whatever was woken has had its turn
      expect(isWoken).toBe(false);
      stop.abort();
      await changed;
    });

    test("a duty is one process's, as long as it asks for it, and another's when that does not, or has ended", async () => {
      await using at = await open();
      const other = at.anotherSchedules();
      expect(await at.schedules.takeDuty("look", 60_000)).toBe(true);
      for (let minutes = 0; minutes < 3; minutes += 1) {
        expect(await other.takeDuty("look", 60_000)).toBe(false);
        await at.clock.advance(50_000);
        expect(await at.schedules.takeDuty("look", 60_000)).toBe(true);
      }
      expect(await other.takeDuty("another", 60_000)).toBe(true);
      await at.clock.advance(60_000);
      expect(await other.takeDuty("look", 60_000)).toBe(true);
      expect(await at.schedules.takeDuty("look", 60_000)).toBe(false);
      const third = at.another();
      await at.clock.advance(60_000);
      expect(await third.schedules.takeDuty("look", 60_000)).toBe(true);
      await third.close();
      expect(await at.schedules.takeDuty("look", 60_000)).toBe(true);
    });

    test("whoever calls off gets the reason, and nothing was done where it had not begun", async () => {
      await using at = await open();
      const made = await at.schedules.add(scheduleOf("ada@example.com"));
      const reason = new Error("called off");
      const gone = AbortSignal.abort(reason);
      const { schedules } = at;
      const asks: Promise<unknown>[] = [
        schedules.add(scheduleOf("bob@example.com"), gone),
        schedules.get(made.id, gone),
        schedules.list(gone),
        schedules.change(made, { paused: true }, gone),
        schedules.start(made, later, gone),
        schedules.remove(made.id, gone),
      ];
      await Promise.all(asks.map((ask) => expect(ask).rejects.toBe(reason)));
      expect(await schedules.list()).toEqual([made]);
    });
  });
}
