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
    const asked = { request, cron: "0 3 * * *", timeZone: "UTC", jitterSeconds: 0, paused: false, next: null };
    const schedule = await schedules.add(asked);
    w.google.revoke(ADA);
    const starting = await schedules.start(schedule, {});
    expect(starting.outcome).toBe("started");
    const { id } = starting.outcome === "started" ? starting.job : { id: "" };
    await reaches(w, id, "needs_sign_in");
    await w.server.stop("SIGTERM");
    {
      await using _again = await w.product.serve(); // looks when it starts, and then every minute
      await until(() => receiver.received.length > 0);
    }
    await signInAt(w.product, w.google, ADA);
    await using third = await w.product.serve();
    // The sign-in was another process's matter, which knew no list: it is tried again by hand.
    expect((await api(third.url).post(`/exports/${id}/resume`)).status).toBe(202);
    await reaches(api(third.url), id, "completed");
    await third.stop("SIGTERM");
    await using _fourth = await w.product.serve();
    await until(() => receiver.received.length > 1);
    expect(receiver.received).toMatchObject([
      { path: "POST /T0PIC", notice: { event: "needs_sign_in", account: ADA, export_id: id } },
      { path: "POST /T0PIC", notice: { event: "resolved", resolves: "needs_sign_in", account: ADA, export_id: id } },
    ]);
    expect(w.server.output()).not.toContain("T0PIC");
  } finally {
    await close();
  }
});
