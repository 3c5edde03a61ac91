import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { commandStage, loginByPasting } from "./command-line.ts";
import { ADA } from "./stage.ts";
import { until } from "./wait.ts";

const LIMIT = 6_000;

/** A Google that counts whole minutes, and a mailbox of more than one of them. */
const stage = () =>
  commandStage(
    { messages: 1_500, messagesPerThread: 2, quota: { tier: "2026", unitsPerMinute: LIMIT, shape: "fixed" } },
    { GMAIL_UNITS_PER_MINUTE: "", GMAIL_PROJECT_UNITS_PER_MINUTE: "" },
  );

test.each(["SIGKILL", "SIGINT"] as const)(
  "an export that got %s in its first minute, and is started again, takes no refusal for a dearer price",
  async (signal) => {
    await using w = await stage();
    expect(await loginByPasting(w.product, ADA)).toMatchObject({ code: 0 });
    const first = w.product.start(["export", ADA]);
    await until(() => w.google.meter.units > LIMIT / 2);
    await first.stop(signal);
    expect(w.google.meter.refused).toBe(0);

    const recent = join(w.product.folder, "state", "recent");
    const [name] = await readdir(recent);
    expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
    expect((await stat(join(recent, name!))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(recent, name!), "utf8"))).toMatchObject({ ended: signal === "SIGINT" });

    const again = w.product.start(["export", ADA]);
    const limits = join(w.product.folder, "state", "limits.json");
    await until(async () => w.google.meter.refused > 0 && (await stat(limits).catch(() => undefined)) !== undefined);
    await again.stop("SIGINT");
    expect(Object.values(JSON.parse(await readFile(limits, "utf8")) as object)).toMatchObject([
      { unitsPerMinute: LIMIT, priceFactor: 1 },
    ]);
  },
);
