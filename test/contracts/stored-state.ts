import { describe, expect, test } from "vitest";

import { NO_PROGRESS, type ExportJob } from "../../src/core/export/job.ts";
import type { State } from "../../src/core/ports/state.ts";
import type { ExportEntry, StoredState } from "../../src/core/ports/stored-state.ts";
import { requestOf } from "./job-queue.ts";
import { LEARNED } from "./learned-limits.ts";
import { scheduleOf } from "./schedules.ts";

export type StoredStateStage = AsyncDisposable &
  Readonly<{
    stored: StoredState;
    /** The same state as a server or a worker has it. Closed by the caller. */
    open(): State;
  }>;

const REVOKED = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const AWAY = { code: "network", retry: "backoff", message: "Away.", next: "Wait." } as const;
const AT = Date.UTC(2026, 9, 1);

/** The nth export of a list, as it is stored. */
export function entryOf(
  n: number,
  more: Partial<ExportEntry> = {},
  state: object = { state: "completed" },
): ExportEntry {
  const account = `user-${n}@example.com`;
  const request = requestOf(account);
  const id = `export-${n}`;
  const times = { createdAt: AT + Math.floor(n / 2), updatedAt: AT + n };
  const job = { id, request, progress: NO_PROGRESS, ...times, ...state };
  return {
    id,
    account,
    directory: request.directory,
    state: (state as Pick<ExportJob, "state">).state,
    wish: null,
    priority: 0,
    turns: 0,
    createdAt: times.createdAt,
    job: JSON.stringify(job),
    ...more,
  };
}

async function everything({ exports }: StoredState, pageSize = 2): Promise<readonly ExportEntry[]> {
  return (await Array.fromAsync(exports(pageSize))).flat();
}

/** What every state does for who moves it; each runs this suite. */
export function storedStateContract(implementation: string, open: () => Promise<StoredStateStage>): void {
  describe(`StoredState contract (${implementation})`, () => {
    test("exports and schedules come back as they were given, in their order, and the deployment goes on with them", async () => {
      await using at = await open();
      const { stored } = at;
      const entries = [
        entryOf(0),
        entryOf(1, { turns: 3 }, { state: "queued" }),
        entryOf(2, {}, { state: "queued" }),
        entryOf(3, {}, { state: "queued" }),
        entryOf(4, { priority: 2 }, { state: "waiting", until: 1, failure: AWAY }),
        entryOf(5, {}, { state: "waiting", until: 9e12, failure: AWAY }),
        entryOf(6, {}, { state: "needs_sign_in", failure: REVOKED }),
        entryOf(7, {}, { state: "paused" }),
        entryOf(8, { job: "damaged" }, { state: "queued" }),
      ];
      await stored.addExports(entries.slice(0, 4));
      await stored.addExports(entries.slice(4));
      const { next, ...schedule } = scheduleOf("ada@example.com");
      const text = JSON.stringify({ ...schedule, next, createdAt: AT, ran: [] });
      const schedules = ["one", "two"].map((id) => ({
        id,
        directory: schedule.request.directory,
        revision: 7,
        lastExport: "export-0",
        lastAt: AT,
        lastState: null,
        schedule: text,
      }));
      await stored.addSchedules(schedules);
      expect(await everything(stored)).toEqual(entries);
      expect(await stored.schedules()).toEqual(schedules);

      await using state = at.open();
      const { queue } = state;
      const listed = (await queue.list(50)).exports.map(({ id }) => id);
      expect(listed).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map((n) => `export-${n}`));
      expect(await queue.schedules.list()).toMatchObject([
        { id: "one", revision: 7, lastRun: { exportId: "export-0", at: AT, state: "completed" } },
        { id: "two" },
      ]);
      const taken: (string | undefined)[] = [];
      for (let n = 0; n < 5; n += 1) taken.push((await queue.take())?.job.id);
      expect(taken).toEqual(["export-4", "export-2", "export-3", "export-1", undefined]);
      await queue.signedIn("user-6@example.com");
      await queue.ask("export-7", "resume");
      const others = new Set([(await queue.take())?.job.id, (await queue.take())?.job.id]);
      expect(others).toEqual(new Set(["export-6", "export-7"]));
    });

    test("what was forgotten is not taken any more", async () => {
      await using at = await open();
      await at.stored.addExports([entryOf(0, {}, { state: "queued" })]);
      await at.stored.clear();
      expect(await everything(at.stored)).toEqual([]);
      await using state = at.open();
      expect(await state.queue.take()).toBeUndefined();
    });

    test("of a page that cannot be added nothing is", async () => {
      await using at = await open();
      await expect(at.stored.addExports([entryOf(0), entryOf(1), entryOf(1)])).rejects.toThrow();
      expect(await everything(at.stored)).toEqual([]);
    });

    test("limits and recent calls are replaced as a whole, and known to the deployment", async () => {
      await using at = await open();
      await using state = at.open();
      const minute = { asOf: AT, knownSince: AT, ended: true, calls: [] };
      await state.limits.remember("one", LEARNED);
      await state.recent.keep("one", "ada@example.com", minute);
      expect([...(await at.stored.limits())]).toEqual([["one", LEARNED]]);
      const [[name]] = [...(await at.stored.recent())] as [[string, object]];
      await at.stored.replaceLimits(new Map([["two", LEARNED]]));
      await at.stored.replaceRecent(new Map([[name, { ...minute, ended: false }]]));
      expect([await state.limits.read("one"), await state.limits.read("two")]).toEqual([undefined, LEARNED]);
      expect(await state.recent.read("one", "ada@example.com")).toEqual({ ...minute, ended: false });
      await at.stored.replaceRecent(new Map());
      expect(await state.recent.read("one", "ada@example.com")).toBeUndefined();
    });

    test("where a mark says that the state is elsewhere or on its way, nothing starts", async () => {
      await using at = await open();
      await using state = at.open();
      const mark = { id: "1", other: "elsewhere" };
      for (const status of ["leaving", "left", "arriving"] as const) {
        await at.stored.writeMark({ ...mark, status });
        expect(await at.stored.readMark()).toEqual({ ...mark, status });
        await expect(state.prepare()).rejects.toMatchObject({ failure: { code: "settings_invalid" } });
      }
      await at.stored.writeMark({ ...mark, status: "arrived" });
      await state.prepare();
      await at.stored.writeMark(undefined);
      expect(await at.stored.readMark()).toBeUndefined();
    });

    test("it is not at rest while a process of the deployment has it, and one move at a time goes on", async () => {
      await using at = await open();
      await at.stored.assertAtRest();
      {
        await using state = at.open();
        await state.queue.counts();
        await expect(at.stored.assertAtRest()).rejects.toMatchObject({ failure: { code: "not_in_this_state" } });
      }
      await at.stored.assertAtRest();
      await using held = await at.stored.holdMove();
      expect(held).toBeDefined();
    });
  });
}
