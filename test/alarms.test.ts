import { join } from "node:path";

import { expect, test } from "vitest";

import { systemClock } from "../src/clock.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import { embeddedJobQueue } from "../src/state/embedded/job-queue.ts";
import { openReceiver } from "./alarm-receiver.ts";
import { api } from "./api.ts";
import { signInAt } from "./signed-in.ts";
import { ADA, reaches, stage } from "./stage.ts";
import { until } from "./wait.ts";

test("a server that is left alone tells once that a sign-in is needed, also over restarts, and when it is over", async () => {
  await using receiver = await openReceiver();
  await using w = await stage({ messages: 5 }, { NOTIFY_URL: `${receiver.url}/T0PIC` }, [ADA]);
  const { schedules, close } = embeddedJobQueue(join(w.product.folder, "state"), systemClock);
  try {
    const request = {
      account: ADA,
      directory: join(w.product.folder, "data", ADA),
      maxEmails: null,
      batchSize: 5_000,
      filter: EVERYTHING,
    };
    w.google.revoke(ADA);
    const due = systemClock.now();
    const schedule = await schedules.add({
      request,
      cron: "0 3 29 2 *", // not again while this runs
      timeZone: "UTC",
      jitterSeconds: 0,
      paused: false,
      next: { at: due, startAt: due },
    });
    const id = await until(async () => (await schedules.get(schedule.id)).lastRun?.exportId);
    await reaches(w, id, "needs_sign_in");
    await w.server.stop("SIGTERM");
    {
      await using again = await w.product.serve(); // looks when it starts, and then every minute
      await until(() => receiver.received.length > 0);
      const { get, list } = api(again.url);
      const ready = await get("/readyz");
      expect(ready).toMatchObject({
        status: 200,
        body: { status: "ready", alarms: [{ event: "needs_sign_in", schedule_id: schedule.id, export_id: id }] },
      });
      expect(ready.text).not.toMatch(/@|example/); // anybody may ask
      expect((await list("/doctor")).filter((one) => one.id === "schedules")).toMatchObject([
        { account: ADA, status: "fail", what: expect.stringContaining("signs in again") },
      ]);
    }
    await signInAt(w.product, w.google, ADA);
    await using third = await w.product.serve();
    // The sign-in was another process's matter, which knew no list: it is tried again by hand.
    expect((await api(third.url).post(`/exports/${id}/resume`)).status).toBe(202);
    await reaches(api(third.url), id, "completed");
    await third.stop("SIGTERM");
    const alone = await w.product.cli(["doctor", ADA, "--notify", "--quiet"]); // without a server
    expect([alone.code, alone.stdout], alone.stderr).toEqual([0, ""]);
    expect(receiver.received.pop()).toMatchObject({ notice: { event: "test" } });
    await using fourth = await w.product.serve();
    await until(() => receiver.received.length > 1);
    await until(async () => (await api(fourth.url).get("/readyz")).text.includes('"alarms":[]'));
    expect(receiver.received).toMatchObject([
      { path: "POST /T0PIC", notice: { event: "needs_sign_in", account: ADA, export_id: id } },
      { path: "POST /T0PIC", notice: { event: "resolved", resolves: "needs_sign_in", account: ADA, export_id: id } },
    ]);
    expect(w.server.output()).not.toContain("T0PIC");
  } finally {
    await close();
  }
});
