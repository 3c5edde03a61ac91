import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { loginByPasting } from "./command-line.ts";
import { install } from "./product.ts";

const ADA = "ada@example.com";

/** After how many more batches that were begun anew the process is killed. */
const KILLS = [1, 4, 12];

/** Every file but the manifest and the tool's own; the moments in the change log are each run's own. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== "manifest.json" && !name.startsWith("."));
  const texts = names.toSorted().map(async (name) => {
    const text = await readFile(join(folder, name), "latin1");
    return [name, name === "changes.ndjson" ? text.replaceAll(/"at":"[^"]*"/g, '"at":""') : text] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

test("a process that is killed while it gives labels to records leaves no damage, and the next ends with the same bytes", async () => {
  await using google = await simulateGoogle({ messages: 400 });
  await using product = await install({ url: google.url, credentials: google.credentials });
  expect(await loginByPasting(product, ADA)).toMatchObject({ code: 0 });
  const exportTo = (name: string): string[] => {
    const options = ["--output-dir", `data/${name}`, "--batch-size", "5", "--formats", "mbox,ndjson"];
    return ["export", ADA, "--include-spam-trash", ...options];
  };
  const [twin, killed] = ["twin", "killed"].map((name) => join(product.folder, "data", name));
  expect(await product.cli(exportTo("twin"))).toMatchObject({ code: 0 });
  await cp(twin!, killed!, { recursive: true });
  const mailbox = google.mailbox(ADA);
  const label = mailbox.makeLabel("Given to all");
  for (const id of mailbox.ids()) mailbox.setLabels(id, [...mailbox.labelIds(id), label]);
  expect(await product.cli(exportTo("twin"))).toMatchObject({ code: 0 });

  const countBegun = async (): Promise<number> =>
    (await readFile(join(killed!, ".journal"), "utf8").catch(() => "")).split('"rewriting"').length - 1;
  for (const more of KILLS) {
    const target = (await countBegun()) + more;
    const child = product.start(exportTo("killed"));
    const ended = child.ended.then(() => true);
    while (!(await Promise.race([ended, sleep(2, false)])) && (await countBegun()) < target); // until it is in the middle
    expect(await child.stop("SIGKILL")).toMatchObject({ code: null });
    expect(await product.cli(["verify", "data/killed"])).toMatchObject({ code: 5 }); // unfinished, and not damaged
  }
  expect(await product.cli(exportTo("killed"))).toMatchObject({ code: 0 });
  expect(await contentsOf(killed!)).toEqual(await contentsOf(twin!));
});
