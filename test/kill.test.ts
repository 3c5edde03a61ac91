import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { PRICES } from "../src/core/quota.ts";
import { loginByPasting } from "./command-line.ts";
import { everyFileIn } from "./every-file.ts";
import { idsOnDisk } from "./exported.ts";
import { install } from "./product.ts";
import { seededRandom } from "./random.ts";

const ADA = "ada@example.com";
const KILLS = Number(process.env["KILLS"] ?? 20);
const SEED = Number(process.env["KILL_SEED"] ?? 20_261_123);

/** What one sync makes durable together, and what may be on its way when the process dies. */
const UNSYNCED = 32;
const IN_FLIGHT = 10;

/** What is in the batches, and in what is made of them; attachment ids left out, for Google gives new ones at every read. */
async function batchesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => /^emails_batch_\d+\.json$/.test(name));
  const texts = names.toSorted().map(async (name) => {
    const records: ExportRecord[] = JSON.parse(await readFile(join(folder, name), "utf8"));
    for (const { Attachments } of records) for (const one of Attachments) Object.assign(one, { id: "" });
    const lines = gunzipSync(await readFile(join(folder, name.replace(/json$/, "ndjson.gz"))));
    const said = lines.toString().replaceAll(/"id":"[^"]*"/g, '"id":""');
    return [name, JSON.stringify(records) + said] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

const WANTED = [
  { what: "text", options: ["--formats", "ndjson,parquet"], comparedIn: batchesIn },
  { what: "everything", options: ["--attachments", "--formats", "mbox,eml,ndjson,parquet"], comparedIn: everyFileIn },
];

const unitsOf = (google: SimulatedGoogle): number => google.meter.units;

test.each(WANTED)(
  `killed at ${KILLS} random moments and resumed, an export of $what is the same as one that was never interrupted`,
  { timeout: 30 * 60_000 },
  async ({ options, comparedIn }) => {
    const random = seededRandom(SEED);
    await using google = await simulateGoogle({ messages: 900, latencyMs: 25 });
    await using product = await install(
      { url: google.url, credentials: google.credentials },
      { GMAIL_MAX_IN_FLIGHT: String(IN_FLIGHT) },
    );
    expect(await loginByPasting(product, ADA)).toMatchObject({ code: 0 });
    const exportTo = (name: string): string[] => [
      "export",
      ADA,
      "--output-dir",
      `data/${name}`,
      "--batch-size",
      "200",
      "--include-spam-trash",
      ...options,
    ];

    google.meter.reset();
    expect(await product.cli(exportTo("whole"))).toMatchObject({ code: 0 });
    const expected = await comparedIn(join(product.folder, "data/whole"));
    const unitsOfOne = unitsOf(google);

    let kills = 0;
    let twice = 0;
    let most = 0;
    for (let run = 1; kills < KILLS; run += 1) {
      const folder = join(product.folder, "data", `run-${run}`);
      google.meter.reset();
      let readAgain = 0;
      for (let done = false; !done;) {
        const durable = await idsOnDisk(folder).catch(() => []);
        const before = new Map(durable.map((id) => [id, google.meter.gets(id)]));
        const child = product.start(exportTo(`run-${run}`));
        const killed =
          kills < KILLS && (await Promise.race([child.ended.then(() => false), sleep(random() * 1_500, true)]));
        if (killed) {
          await child.stop("SIGKILL");
          kills += 1;
        }
        const { code } = await child.ended;
        done = code === 0;
        expect(code === 0 || (killed && code === null), child.output()).toBe(true);
        readAgain += durable.filter((id) => google.meter.gets(id) > before.get(id)!).length;
      }
      expect(await comparedIn(folder)).toEqual(expected);
      expect((await readdir(folder)).filter((name) => name.includes(".part") || name === ".journal")).toEqual([]);
      const manifest: Manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
      expect(manifest).toMatchObject({ complete: true, total_emails: 900, failed: [], gone: [] });
      // Only a conversation that was cut in two by the end of a sync may be read again as a whole.
      expect(readAgain).toBeLessThanOrEqual(kills * 2);
      const fetches = google
        .mailbox(ADA)
        .ids()
        .map((id) => google.meter.gets(id));
      const again = fetches.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
      most = Math.max(most, ...fetches);
      twice += again;
      console.info(
        `run ${run}: ${google.meter.units - unitsOfOne} of ${google.meter.units} units were spent again, ${again} messages read again, ${readAgain} of them durable before`,
      );
    }
    // Each kill costs at most what was on its way and not synced.
    const perKill = UNSYNCED + 2 * IN_FLIGHT * 2; // two messages a conversation, on the average
    expect(twice).toBeLessThanOrEqual(kills * perKill);
    console.info(
      `${kills} kills, seed ${SEED}: ${twice} messages read again (${(twice / kills).toFixed(1)} a kill, at most ${perKill}), ${(twice * PRICES["2026"]["messages.get"]) / kills} units a kill at most; no message more than ${most} times`,
    );
  },
);
