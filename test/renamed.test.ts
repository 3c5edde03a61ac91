import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { api, expectProblem } from "./api.ts";
import { commandStageSignedIn } from "./command-line.ts";
import { manifestIn } from "./exported.ts";
import { inProcess } from "./in-process.ts";
import { ADA, begin, BOB, expectAllOnce, reaches } from "./stage.ts";

const FORMER = "countess@example.com";
const TO = ["--output-dir", "data/kept"];

/** Ada's mailbox is exported under an address that she had before, and Bob's as his. */
async function world() {
  const accounts = [
    { email: ADA, messages: 30 },
    { email: BOB, messages: 5 },
  ];
  const w = await commandStageSignedIn({ accounts });
  const directory = join(w.product.folder, "data", "kept");
  return {
    ...w,
    directory,
    exportAda: (...more: string[]) => w.product.cli(["export", ADA, ...TO, "--batch-size", "10", ...more]),
    /** What the program would have written when the account had that address. */
    async age() {
      const path = join(directory, "manifest.json");
      await writeFile(path, (await readFile(path, "utf8")).replace(ADA, FORMER));
    },
  };
}

test("an account that was renamed goes on in its directory when its former address is named, and only then", async () => {
  await using w = await world();
  expect(await w.exportAda()).toMatchObject({ code: 0 });
  await w.age();
  const refused = await w.exportAda();
  expect(refused).toMatchObject({ code: 8, stderr: expect.stringContaining("--was <address>") });
  expect(await manifestIn(w.directory)).toMatchObject({ email: FORMER, complete: true });

  w.google.mailbox(ADA).add();
  expect(await w.exportAda("--was", FORMER)).toMatchObject({ code: 0 });
  expect(await manifestIn(w.directory)).toMatchObject({ email: ADA, formerly: [FORMER], total_batches: 4 });
  await expectAllOnce(w, w.directory);
  // From now on it is known by its new address.
  expect(await w.exportAda()).toMatchObject({ code: 0 });
  expect(await manifestIn(w.directory)).toMatchObject({ email: ADA, formerly: [FORMER], complete: true });
});

test("a former address that is another mailbox's opens nothing: what is there stays as it is, and goes on as his", async () => {
  // On a clock that jumps: Google is asked for some time whether it really has none of those messages.
  await using his = await inProcess({ seed: 2, messages: 5 });
  await using hers = await inProcess({ messages: 30 });
  await his.run();
  const path = join(his.directory, "manifest.json");
  const asAda = await readFile(path, "utf8");
  const asBob = asAda.replace(ADA, BOB);
  await writeFile(path, asBob);
  await expect(hers.run(undefined, undefined, { directory: his.directory, was: BOB })).rejects.toMatchObject({
    failure: { code: "directory_foreign", message: expect.stringContaining("not in this account's mailbox") },
  });
  expect(await readFile(path, "utf8")).toBe(asBob);
  await writeFile(path, asAda);
  expect(await his.run()).toMatchObject({ complete: true, total_emails: 5 });
});

test("over HTTP the former address is named as `was`", async () => {
  await using w = await world();
  expect(await w.exportAda()).toMatchObject({ code: 0 });
  await w.age();
  await using server = await w.product.serve();
  const body = { output_dir: "data/kept", batch_size: 10 };
  const refused = await api(server.url).post("/export/gmail", { email: ADA, ...body });
  expectProblem(refused, 409, "directory_foreign");
  expect(refused.body.next).toContain("`was`");
  const named = await begin(api(server.url), { ...body, was: FORMER });
  expect(await reaches(api(server.url), named, "completed")).toMatchObject({ email: ADA, complete: true });
});
