import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { api } from "./api.ts";
import { commandStageSignedIn, eventsIn, jsonIn } from "./command-line.ts";
import { idsOnDisk, manifestIn, recordsIn, sortedIds } from "./exported.ts";
import { ADA, expectAllOnce, listedIds, standstill } from "./stage.ts";
import { until } from "./wait.ts";

describe("export", () => {
  test("brings a mailbox, then only what is new", async () => {
    await using w = await commandStageSignedIn();
    const first = await w.product.cli(["--json", "export", ADA]);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(eventsIn(first).at(-1)).toMatchObject({
      event: "result",
      state: "completed",
      directory: w.directory,
      ...(await manifestIn(w.directory)),
    });
    await expectAllOnce(w, w.directory);
    const before = await recordsIn(w.directory);

    w.google.meter.reset();
    const fresh = w.google.mailbox().add({ subject: "Fresh", labelIds: ["INBOX"] });
    const second = await w.product.cli(["export", ADA]);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toMatch(
      /^✓ Complete: \d+ messages in 2 files in \/\S+\n {2}Since the run before: 1 added, 0 relabelled, 0 deleted in Gmail and kept here\n {2}Cost: .* 0 refused\n$/,
    );
    const { "messages.get": gets, "threads.get": threads = 0 } = w.google.meter.calls;
    expect([gets, threads]).toEqual([1, 0]);
    await expectAllOnce(w, w.directory);
    expect((await recordsIn(w.directory)).slice(0, before.length)).toEqual(before);
    expect((await recordsIn(w.directory)).at(-1)).toMatchObject({ "Message-ID": fresh, Subject: "Fresh" });

    w.google.meter.reset();
    expect((await w.product.cli(["export", ADA])).code).toBe(0);
    expect(w.google.meter.calls["messages.get"]).toBeUndefined();
    await expectAllOnce(w, w.directory);
  });

  test("with --quiet nothing is said when all went well, and what is wrong on stderr, or as one line of JSON", async () => {
    await using w = await commandStageSignedIn({ messages: 5 });
    const run = (...args: string[]) => w.product.cli([...args, "--quiet"]);
    expect(await run("export", ADA)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await run("verify", w.directory, "--json")).toMatchObject({ code: 0, stdout: "", stderr: "" });

    await writeFile(join(w.directory, "emails_batch_1.json"), "[]");
    const unsound = await run("verify", w.directory);
    expect([unsound.code, unsound.stdout]).toEqual([9, ""]);
    expect(unsound.stderr).toMatch(/^changed: emails_batch_1\.json .*\n(.*\n)*✗ Not sound: /);
    const told = await run("verify", w.directory, "--json");
    expect([told.code, told.stderr, jsonIn(told)]).toMatchObject([9, "", { sound: false }]);

    w.google.faults.add({ kind: "429", times: 2 });
    w.google.revoke(ADA);
    const refused = await run("export", ADA, "--output-dir", "data/other", "--json");
    expect([refused.code, eventsIn(refused)]).toMatchObject([
      4,
      [{ event: "error", error: { code: "consent_revoked" } }],
    ]);
    expect(refused.stderr).toMatch(/^✗ .*\n {2}.*\(consent_revoked\)\n$/);
  });

  test("takes a number, a size of files, a directory, labels and a query", async () => {
    await using w = await commandStageSignedIn();
    const limited = ["--max-emails", "25", "--batch-size", "10", "--output-dir", "data/newest"];
    expect(await w.product.cli(["export", ADA, ...limited])).toMatchObject({ code: 0 });
    const newest = join(w.product.folder, "data", "newest");
    await expectAllOnce(w, newest, listedIds(w).slice(0, 25));
    expect((await manifestIn(newest)).batches.map(({ count }) => count)).toEqual([10, 10, 5]);

    const { ids, truth } = w.google.mailbox();
    const filter = ["--label", "TRASH", "--query", "is:read", "--output-dir", "data/trash"];
    expect(await w.product.cli(["export", ADA, ...filter])).toMatchObject({ code: 0 });
    const trash = ids().filter((id) => truth(id).labelIds.includes("TRASH"));
    await expectAllOnce(w, join(w.product.folder, "data", "trash"), trash);
  });

  test("refuses a label that there is not, with those that there are, and writes nothing", async () => {
    await using w = await commandStageSignedIn();
    for (const more of [[], ["--dry-run"]]) {
      const { code, stdout, stderr } = await w.product.cli(["export", ADA, "--label", "Wrok", ...more]);
      expect([code, stdout], stderr).toEqual([2, ""]);
      expect(stderr).toMatch(
        /^✗ This mailbox has no label "Wrok".*\n {2}Name one of its labels: Travel, .*Work\/.*\(label_unknown\)\n$/,
      );
    }
    expect(await readdir(w.directory).catch(() => [])).toEqual([]);
  });

  test("--dry-run --json says what HTTP says, and brings nothing", async () => {
    await using w = await commandStageSignedIn();
    const command = ["--json", "export", ADA, "--label", "INBOX", "--max-emails", "30", "--dry-run"];
    const estimate = await w.product.cli(command);
    expect([estimate.code, estimate.stderr]).toEqual([0, ""]);
    await using server = await w.product.serve();
    const answer = await api(server.url).post("/exports/estimate", { email: ADA, labels: ["INBOX"], max_emails: 30 });
    expect(answer.status).toBe(200);
    expect(jsonIn(estimate)).toEqual(answer.body);
    expect(answer.body).toMatchObject({ messages: 30, units: expect.any(Number) });
    expect(w.google.meter.calls["messages.get"]).toBeUndefined();
  });

  test("stops at Ctrl-C though Google still owes answers, and the same command goes on from there", async () => {
    await using w = await commandStageSignedIn({ messages: 300 });
    w.google.faults.add(standstill(120));
    const stopped = w.product.start(["export", ADA, "--batch-size", "40"]);
    await until(() =>
      idsOnDisk(w.directory).then(
        (ids) => ids.length > 0,
        () => false,
      ),
    );
    const { code, stdout, stderr } = await stopped.stop("SIGINT");
    expect([code, stdout, stderr]).toEqual([130, "", expect.stringMatching(/^Stopped\. .*goes on from there\.\n$/)]);
    const onDisk = await idsOnDisk(w.directory);
    expect((await w.product.cli(["verify", w.directory])).code).toBe(5); // sound, and not all

    w.google.faults.clear();
    expect(await w.product.cli(["export", ADA, "--batch-size", "40"])).toMatchObject({ code: 0 });
    await expectAllOnce(w, w.directory);
    expect((await w.product.cli(["verify", w.directory])).code).toBe(0);
    expect(sortedIds(await recordsIn(w.directory))).toEqual(expect.arrayContaining(onDisk));
  });

  test("refreshes its access token by itself when that has ended", async () => {
    await using w = await commandStageSignedIn({ rotateRefreshTokens: true });
    for (const round of [1, 2]) {
      w.google.expireAccessTokens();
      expect(await w.product.cli(["export", ADA])).toMatchObject({ code: 0 });
      expect(w.google.tokens.refreshes).toBe(round);
    }
  });

  test("keeps what Google says as it refuses, where GMAIL_RECORD_REFUSALS names a file, and nothing of whose mail it was", async () => {
    await using w = await commandStageSignedIn({ messages: 3 });
    w.google.faults.add({ kind: "403quota", times: 1 });
    const ended = await w.product.cli(["export", ADA], { GMAIL_RECORD_REFUSALS: "refusals.ndjson" });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const file = join(w.product.folder, "refusals.ndjson");
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { httpStatus: 403, reasons: expect.arrayContaining(["rateLimitExceeded"]) as unknown },
    ]);
    expect(lines.join("")).not.toContain(ADA);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("takes settings from .env, and from the environment before it", async () => {
    await using w = await commandStageSignedIn({ messages: 3 });
    await writeFile(join(w.product.folder, ".env"), "EXPORT_DIR=from-file\n# GMAIL_TIER=nonsense\nGMAIL_TIER=legacy\n");
    expect(eventsIn(await w.product.cli(["--json", "export", ADA])).at(-1)).toMatchObject({
      directory: join(w.product.folder, "from-file", ADA),
      quota: { tier: "legacy" },
    });
    expect(eventsIn(await w.product.cli(["--json", "export", ADA], { EXPORT_DIR: "given" })).at(-1)).toMatchObject({
      directory: join(w.product.folder, "given", ADA),
    });
  });
});

describe("verify", () => {
  /** Changes one byte of a file, and not its length. */
  async function flipByte(path: string): Promise<void> {
    await using file = await open(path, "r+");
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 500);
    await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 500);
  }

  test("finds a sound export sound, and names every file that is not what was written", async () => {
    await using w = await commandStageSignedIn();
    await w.product.cli(["export", ADA, "--batch-size", "20"]);
    const path = (file: string): string => join(w.directory, file);
    const sound = await w.product.cli(["verify", w.directory]);
    expect(sound).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✓ Sound: \d+ messages in 3 files agree/),
      stderr: "",
    });

    const findings = async (): Promise<unknown> => {
      const verdict = await w.product.cli(["--json", "verify", w.directory]);
      expect(verdict.code).toBe(9);
      return (jsonIn(verdict) as { findings: unknown }).findings;
    };
    const kept = await readFile(path("emails_batch_2.json"));
    await flipByte(path("emails_batch_2.json"));
    expect(await findings()).toContainEqual(
      expect.objectContaining({ kind: "changed", subject: "emails_batch_2.json" }),
    );
    const inWords = await w.product.cli(["verify", w.directory]);
    expect([inWords.code, inWords.stdout]).toEqual([
      9,
      expect.stringMatching(/^changed: emails_batch_2\.json.*✗ Not sound: /ms),
    ]);
    const inFrench = await w.product.cli(["--lang", "fr", "verify", w.directory]);
    expect(inFrench.stdout.replaceAll("\u00A0", " ")).toMatch(
      /^changé : emails_batch_2\.json \d+ octets là où \d+ furent écrits.*✗ Pas intact : \d écarts? /ms,
    );

    await rm(path("emails_batch_2.json"));
    expect(await findings()).toContainEqual(
      expect.objectContaining({ kind: "missing", subject: "emails_batch_2.json" }),
    );
    await writeFile(path("emails_batch_2.json"), kept);
    expect((await w.product.cli(["verify", w.directory])).code).toBe(0);

    await writeFile(path("emails_batch_4.json"), kept);
    expect(await findings()).toEqual([expect.objectContaining({ kind: "extra", subject: "emails_batch_4.json" })]);
    await rm(path("emails_batch_4.json"));

    const manifest = await readFile(path("manifest.json"), "utf8");
    await writeFile(
      path("manifest.json"),
      manifest.replace('"gone": []', `"gone": ["${sortedIds(await recordsIn(w.directory))[0]}"]`),
    );
    expect(await findings()).toEqual([expect.objectContaining({ kind: "duplicate" })]);
  });

  test("asks Gmail too: mail that came, was deleted or relabelled differs until a run has seen it; deleted mail is kept", async () => {
    await using w = await commandStageSignedIn();
    await w.product.cli(["export", ADA]);
    const online = ["--json", "verify", w.directory, "--online"];
    w.google.meter.reset();
    expect((await w.product.cli(online)).code).toBe(0);
    expect(Object.keys(w.google.meter.calls).toSorted()).toEqual(["getProfile", "labels.list", "messages.list"]);

    const arrived = w.google.mailbox().add({ subject: "Arrived", labelIds: ["INBOX"] });
    const deleted = listedIds(w)[10]!;
    const relabelled = listedIds(w)[20]!;
    w.google.mailbox().remove(deleted);
    w.google.mailbox().setLabels(relabelled, ["STARRED"]);
    expect((await w.product.cli(["verify", w.directory])).code).toBe(0);
    const missing = await w.product.cli(online);
    expect(missing.code).toBe(9);
    expect(jsonIn(missing)).toMatchObject({
      sound: false,
      findings: [
        { kind: "missing", subject: arrived },
        { kind: "deleted", subject: deleted },
        { kind: "relabelled", subject: relabelled },
      ],
      deletedSince: [deleted],
    });

    await w.product.cli(["export", ADA]);
    const mended = await w.product.cli(online);
    expect([mended.code, jsonIn(mended)]).toEqual([
      0,
      expect.objectContaining({ sound: true, deletedSince: [deleted] }),
    ]);
    const kept = listedIds(w).concat(deleted);
    expect(sortedIds(await recordsIn(w.directory))).toEqual(kept.toSorted());

    const pruned = await w.product.cli(["export", ADA, "--prune"]);
    expect([pruned.code, pruned.stdout + pruned.stderr]).toEqual([
      0,
      expect.stringContaining("Taken out, as deleted in Gmail: 1 message,"),
    ]);
    expect(sortedIds(await recordsIn(w.directory))).toEqual(listedIds(w).toSorted());
    const again = await w.product.cli(["--json", "export", ADA, "--prune"]);
    expect(again.stdout).toContain('"pruned":{"messages":0,"files":0,"bytes":0}');
  });
});
