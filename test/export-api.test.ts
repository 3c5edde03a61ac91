import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { api, expectProblem, type Answer } from "./api.ts";
import { openBrowser } from "./browser.ts";
import { gist, gistOfTruth, manifestIn, recordsIn } from "./exported.ts";
import { install } from "./product.ts";
import {
  ADA,
  begin,
  BOB,
  expectAllOnce,
  inTheMiddle,
  listedIds,
  look,
  pauseAfter,
  reaches,
  stageSignedIn,
  standstill,
  type Stage,
} from "./stage.ts";
import { until } from "./wait.ts";

describe("an export", () => {
  /** By those that only bring what there is, each into a folder of its own. */
  let shared: Stage;
  beforeAll(async () => void (shared = await stageSignedIn()));
  afterAll(() => shared[Symbol.asyncDispose]());

  test("is accepted at once and shown field by field until every message is on disk as it is in Gmail", async () => {
    await using w = await stageSignedIn();
    w.google.faults.add(pauseAfter(30));
    const accepted = await w.post("/export/gmail", { email: ADA, include_spam_trash: true });
    const directory = join(w.product.folder, "data", ADA);
    const id = accepted.body.job_id;
    const self = `/exports/${id}`;
    const links = {
      self,
      events: `${self}/events`,
      files: `${self}/files/{name}`,
      archive: `${self}/archive`,
      pause: `${self}/pause`,
      resume: `${self}/resume`,
      cancel: `${self}/cancel`,
      retry_failed: `${self}/retry-failed`,
    };
    expect([accepted.status, accepted.body]).toEqual([
      202,
      {
        message: expect.stringContaining(ADA),
        status: "processing",
        output_directory: directory,
        job_id: expect.stringMatching(/^[\w-]{20,}$/),
        links,
      },
    ]);
    expect(accepted.headers.get("location")).toBe(links.self);
    expect((await look(w, id)).state).toMatch(/^(queued|running)$/);
    w.google.faults.clear();
    expect(w.google.meter.units).toBeLessThan(2_000);

    const job = await reaches(w, id, "completed");
    const { units, calls } = w.google.meter;
    const manifest = await manifestIn(directory);
    expect(job).toMatchObject({
      id,
      email: ADA,
      state: "completed",
      output_directory: directory,
      max_emails: null,
      batch_size: 5_000,
      query: "",
      labels: [],
      include_spam_trash: true,
      progress: { stage: "done", listed: 120, exported: 120, gone: 0, failed: 0, batches: 1 },
      quota: { tier: "2026", units, calls, refused: 0 },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      links,
      complete: true,
      files: manifest.batches,
      failures: [],
    });

    const mailbox = w.google.mailbox();
    const records = await recordsIn(directory);
    expect(records.map(gist)).toEqual(records.map((record) => gistOfTruth(mailbox.truth(record["Message-ID"]))));
    await expectAllOnce(w, directory, mailbox.ids());

    // Newest conversation first, newest message first in it.
    const conversations = Map.groupBy(mailbox.ids(), (message) => mailbox.truth(message).threadId);
    expect(records.map((record) => record["Message-ID"])).toEqual([...conversations.values()].flat());
  });

  test("is cut into batches, and its manifest says what is in them", async () => {
    const id = await begin(shared, { batch_size: 50, include_spam_trash: true });
    const { output_directory: directory } = await reaches(shared, id, "completed");
    const manifest = await manifestIn(directory);
    const changes = await readFile(join(directory, "changes.ndjson"));
    const mailbox = shared.google.mailbox();
    const labelNames = mailbox.labels().map(({ id: label, name }) => [label, name]);
    expect(manifest).toEqual({
      version: 1,
      email: ADA,
      complete: true,
      total_emails: 120,
      total_batches: 3,
      max_emails: null,
      export_date: expect.stringMatching(/Z$/),
      duration_seconds: expect.any(Number),
      filter: { query: "", labels: [], includeSpamTrash: true },
      batches: [expect.anything(), expect.anything(), expect.anything()],
      failed: [],
      gone: [],
      replacementCharacters: 0,
      historyId: mailbox.historyId,
      checkedAt: expect.stringMatching(/Z$/),
      labelNames: labelNames.toSorted(([a], [b]) => (a! < b! ? -1 : 1)),
      changes: { bytes: changes.length, sha256: createHash("sha256").update(changes).digest("hex") },
      quota: expect.objectContaining({ tier: "2026", refused: 0 }),
      tool: expect.stringMatching(/^gmail-export \d/),
    });
    expect((await readdir(directory)).filter((name) => !name.startsWith(".")).toSorted()).toEqual([
      "changes.ndjson",
      "emails_batch_1.json",
      "emails_batch_2.json",
      "emails_batch_3.json",
      "manifest.json",
    ]);
    for (const [i, { file, count, bytes, sha256 }] of manifest.batches.entries()) {
      const content = await readFile(join(directory, file));
      expect([file, count]).toEqual([`emails_batch_${i + 1}.json`, i < 2 ? 50 : 20]);
      expect([content.length, createHash("sha256").update(content).digest("hex")]).toEqual([bytes, sha256]);
      expect(JSON.parse(content.toString())).toHaveLength(count);
    }
  });

  test("shows figures that are Google's own, at ten moments of it", async () => {
    await using w = await stageSignedIn({ messages: 500, latencyMs: 25 });
    // Calls are counted as they leave, and charged as they arrive: a few are on their way, and a report is a moment old.
    const onTheirWay = 20 * 40;
    const id = await begin(w);
    let seen = "";
    let charged = 0;
    for (let moment = 0; moment < 10; moment += 1) {
      const job = await until(async () => {
        const now = await look(w, id);
        return now.updated_at !== seen && now.state !== "queued" && now;
      });
      if (job.state !== "running") break; // a fast machine has seen fewer
      seen = job.updated_at;
      expect(job.quota.units).toBeGreaterThanOrEqual(charged - onTheirWay);
      charged = w.google.meter.units;
      expect(job.quota.units).toBeLessThanOrEqual(charged + onTheirWay);
      expect(job.quota.refused).toBe(0);
      if (job.rate) expect(job.rate.units_this_minute).toBeLessThanOrEqual(job.quota.units + onTheirWay);
      const { listed, exported, gone, failed } = job.progress;
      expect(exported + gone + failed).toBeLessThanOrEqual(listed);
      expect(listed).toBeLessThanOrEqual(listedIds(w).length);
    }
    const job = await reaches(w, id, "completed");
    expect([job.quota.units, job.progress.exported]).toEqual([w.google.meter.units, listedIds(w).length]);
  });

  test("of at most so many brings the newest", async () => {
    const id = await begin(shared, { max_emails: 25, output_dir: "data/newest" });
    const { output_directory: directory } = await reaches(shared, id, "completed");
    await expectAllOnce(shared, directory, listedIds(shared).slice(0, 25));
    expect(await manifestIn(directory)).toMatchObject({ max_emails: 25, total_emails: 25 });
  });

  test("of a query, of labels, or with spam and trash brings exactly those", async () => {
    const { ids, truth } = shared.google.mailbox();
    const labelled = (label: string) => (id: string) => truth(id).labelIds.includes(label);
    const wanted: [object, string[]][] = [
      [{ query: "subject:lisbon" }, listedIds(shared).filter((id) => /lisbon/i.test(truth(id).subject))],
      [{ labels: ["INBOX", "UNREAD"] }, listedIds(shared).filter(labelled("INBOX")).filter(labelled("UNREAD"))],
      [{ labels: ["TRASH"] }, ids().filter(labelled("TRASH"))],
      [{ include_spam_trash: true }, ids()],
    ];
    for (const [i, [filter, expected]] of wanted.entries()) {
      const id = await begin(shared, { ...filter, output_dir: `data/${i}` });
      const { output_directory: directory } = await reaches(shared, id, "completed");
      expect(expected.length).toBeGreaterThan(0);
      await expectAllOnce(shared, directory, expected);
    }
  });

  test("of one account runs beside those of others", async () => {
    const accounts = [ADA, BOB, "eve@example.com"].map((email) => ({ email, messages: 90 }));
    await using w = await stageSignedIn({ accounts });
    w.google.faults.add(standstill(60));
    const ids: string[] = [];
    for (const { email } of accounts) ids.push(await begin(w, { email }));
    await until(async () =>
      (await Promise.all(ids.map((id) => look(w, id)))).every(({ state }) => state === "running"),
    );
    for (const id of ids) await w.post(`/exports/${id}/pause`);
    for (const id of ids) await reaches(w, id, "paused");
    w.google.faults.clear();
    for (const id of ids) await w.post(`/exports/${id}/resume`);
    for (const [i, id] of ids.entries()) {
      const { output_directory: directory } = await reaches(w, id, "completed");
      await expectAllOnce(w, directory, listedIds(w, accounts[i]!.email));
    }
    const listed = (await w.get("/exports")).body.exports;
    expect(listed.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(listed.map(({ state }) => state)).toEqual(["completed", "completed", "completed"]);
    expect(Object.keys(listed[0]!)).not.toContain("files");
  });

  test("goes inside EXPORT_DIR, by a relative or an absolute path", async () => {
    for (const output_dir of ["data/a/b", "./data/x/../c", join(shared.product.folder, "data", "d")]) {
      const { output_directory: directory } = await reaches(
        shared,
        await begin(shared, { output_dir, max_emails: 3 }),
        "completed",
      );
      expect(directory).toBe(join(shared.product.folder, output_dir.replace(shared.product.folder, "")));
      await expectAllOnce(shared, directory, listedIds(shared).slice(0, 3));
    }
  });
});

describe("a request for an export is refused", () => {
  let shared: Stage;
  beforeAll(async () => {
    shared = await stageSignedIn({
      accounts: [
        { email: ADA, messages: 20 },
        { email: BOB, messages: 20 },
      ],
    });
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  test("without a grant, with the address to sign in at; then the same request is accepted", async () => {
    await using google = await simulateGoogle({ messages: 3 });
    await using product = await install(google);
    await using server = await product.serve();
    const ours = api(server.url);
    const refused = await ours.post("/export/gmail", { email: ADA });
    expectProblem(refused, 401, "not_signed_in");
    expect(refused.body.sign_in_url).toBe(`${product.origin}/auth/gmail?email=ada%40example.com`);
    expect(refused.body.next).toContain(refused.body.sign_in_url);
    expect((await ours.get("/exports")).body.exports).toEqual([]);

    expect((await openBrowser().visit(refused.body.sign_in_url)).text).toContain("<h1>You are signed in</h1>");
    await reaches(ours, await begin(ours), "completed");
  });

  test("for a format that there is not, with those that there are", async () => {
    const answer = await shared.post("/export/gmail", { email: ADA, formats: ["mbox", "pst"] });
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors).toEqual([
      { field: "formats.1", message: expect.stringMatching(/mbox.*eml.*ndjson.*parquet/) },
    ]);
  });

  test.each<[object, ...string[]]>([
    [{ email: "ada" }, "email"],
    [{ email: 7 }, "email"],
    [{ email: undefined }, "email"],
    [{ max_emails: 0 }, "max_emails"],
    [{ max_emails: -5 }, "max_emails"],
    [{ max_emails: 1.5 }, "max_emails"],
    [{ max_emails: "10" }, "max_emails"],
    [{ batch_size: 0 }, "batch_size"],
    [{ batch_size: -1 }, "batch_size"],
    [{ batch_size: 0.5 }, "batch_size"],
    [{ batch_size: "5000" }, "batch_size"],
    [{ batch_size: null }, "batch_size"],
    [{ output_dir: "" }, "output_dir"],
    [{ labels: "INBOX" }, "labels"],
    [{ labels: ["INBOX", 3] }, "labels.1"],
    [{ include_spam_trash: "yes" }, "include_spam_trash"],
    [{ maxEmails: 10 }, "maxEmails"],
    [{ max_emails: -1, batch_size: 2.5, colour: "red", output: "x" }, "max_emails", "batch_size", "colour", "output"],
    [{ email: "ada", output_dir: 5, query: 1 }, "email", "output_dir", "query"],
    [{ query: "half \ud83d of a pair", labels: ["\udc00"], output_dir: "\ud800" }, "labels.0", "output_dir", "query"],
  ])("for %j, naming each field that is wrong", async (body, ...fields) => {
    const answer = await shared.post("/export/gmail", { email: ADA, ...body });
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    for (const field of fields) expect(answer.body.detail).toContain(field);
  });

  test.each([
    ["a search", { query: "x".repeat(4_001) }, "query"],
    ["a label", { labels: ["x".repeat(501)] }, "labels.0"],
    ["a list of labels", { labels: Array.from({ length: 101 }, () => "INBOX") }, "labels"],
  ])("for %s that is longer than any that is meant", async (_, body, field) => {
    const answer = await shared.post("/export/gmail", { email: ADA, ...body });
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors.map((one) => one.field)).toEqual([field]);
  });

  test.each([
    ["..", "data/../elsewhere"],
    ["two ..", "../data"],
    ["its parent", "."],
    ["a name that only begins like EXPORT_DIR", "data-of-others"],
    ["an absolute path", "/tmp/elsewhere"],
    ["a symbolic link", "data/link/inside"],
    ["a symbolic link that leads nowhere yet", "data/dangling"],
  ])("when it would leave EXPORT_DIR by %s", async (_, output_dir) => {
    const { folder } = shared.product;
    const outside = join(folder, "outside");
    await mkdir(join(folder, "data"), { recursive: true });
    await mkdir(outside, { recursive: true });
    await symlink(outside, join(folder, "data", "link")).catch(() => {}); // of the case before
    await symlink(join(folder, "nowhere"), join(folder, "data", "dangling")).catch(() => {});
    const answer = await shared.post("/export/gmail", { email: ADA, output_dir });
    expectProblem(answer, 422, "outside_export_dir");
    expect(answer.body.errors.map(({ field }) => field)).toEqual(["output_dir"]);
    expect(await readdir(outside)).toEqual([]);
  });

  test.each(["data/a\0b", `data/${"x".repeat(256)}`, "data/two\nlines"])(
    "when it is no name: %j",
    async (output_dir) => {
      const answer = await shared.post("/export/gmail", { email: ADA, output_dir });
      expectProblem(answer, 422, "unusable_directory");
      expect(answer.body.errors.map(({ field }) => field)).toEqual(["output_dir"]);
    },
  );

  test.each([
    ["a body that is not JSON", 400, () => shared.post("/export/gmail", '{"email":')],
    [
      "a body of another type",
      415,
      () => shared.call("POST", "/export/gmail", { body: new URLSearchParams({ email: ADA }) }),
    ],
    ["a body without end", 413, () => shared.post("/export/gmail", { email: ADA, query: "x".repeat(70_000) })],
  ] satisfies [string, number, () => Promise<Answer>][])("with %s", async (_, status, ask) => {
    expectProblem(await ask(), status, "invalid_request");
  });

  test("without a body, by the name of what is missing", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await shared.call("POST", "/export/gmail", { headers });
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors.map(({ field }) => field)).toEqual(["body"]);
  });

  test("while another writes to the same directory, paused ones included, or a command in another process does", async () => {
    await using w = await stageSignedIn();
    w.google.faults.add(standstill(60));
    const id = await begin(w, { output_dir: "data/one" });
    const twice = await w.post("/export/gmail", { email: ADA, output_dir: "data/x/../one" });
    expectProblem(twice, 409, "directory_busy");
    await inTheMiddle(w, id);
    await w.post(`/exports/${id}/pause`);
    await reaches(w, id, "paused");
    expectProblem(await w.post("/export/gmail", { email: ADA, output_dir: "data/one" }), 409, "directory_busy");
    await w.post(`/exports/${id}/cancel`);

    w.google.faults.clear();
    w.google.meter.reset();
    w.google.faults.add(standstill(10));
    const command = w.product.start(["export", ADA, "--output-dir", "data/two"]);
    await until(() => w.google.meter.calls["messages.list"] === 1); // it lists with the directory in its hands
    expectProblem(await w.post("/export/gmail", { email: ADA, output_dir: "data/two" }), 409, "directory_busy");
    expect((await command.stop("SIGINT")).code).toBe(130);
    w.google.faults.clear();
    const next = await begin(w, { output_dir: "data/two" });
    await expectAllOnce(w, (await reaches(w, next, "completed")).output_directory);
  });

  test("in a directory of another account or another filter, and nothing there changes", async () => {
    const { output_directory: directory } = await reaches(shared, await begin(shared), "completed");
    const before = await readFile(join(directory, "manifest.json"), "utf8");
    // It is seen before the export starts, and a directory named in which it can.
    const others = await shared.post("/export/gmail", { email: BOB, output_dir: directory });
    expectProblem(others, 409, "directory_foreign");
    expect([others.body.free_directory, others.body.errors.map(({ field }) => field)]).toEqual([
      `${directory}-2`,
      ["output_dir"],
    ]);
    expect(others.text).toContain(directory);
    const ask = { email: ADA, query: "lisbon" };
    const refused = await shared.post("/export/gmail", { ...ask, output_dir: directory });
    expectProblem(refused, 409, "directory_foreign");
    const free = refused.body.free_directory;
    expect([free, refused.body.next]).toEqual([`${directory}-2`, expect.stringContaining(`(${directory}-2 is free)`)]);
    expect(refused.body.detail).toContain(directory);
    const other = await begin(shared, { ...ask, output_dir: free });
    expect((await reaches(shared, other, "completed")).output_directory).toBe(free);
    const again = await shared.post("/export/gmail", { email: ADA, query: "paris", output_dir: directory });
    expect(again.body.next).toContain(`${directory}-3`);
    expect(await readFile(join(directory, "manifest.json"), "utf8")).toBe(before);
    await expectAllOnce(shared, directory);
  });

  test("in EXPORT_DIR itself, where another export lies, with a folder inside it", async () => {
    await using w = await stageSignedIn({ messages: 3 });
    const { output_directory: root } = await reaches(w, await begin(w, { output_dir: "./data" }), "completed");
    const refused = await w.post("/export/gmail", { email: ADA, query: "lisbon", output_dir: "./data" });
    expectProblem(refused, 409, "directory_foreign");
    expect(refused.body.free_directory).toBe(join(root, ADA));
    // An export that has not yet a file belongs to somebody, too.
    w.google.faults.add(standstill(3));
    const cut = await begin(w, { output_dir: "data/cut" });
    await until(async () => (await readdir(join(root, "cut")).catch((): string[] => [])).includes(".journal"));
    await w.post(`/exports/${cut}/cancel`);
    await reaches(w, cut, "cancelled");
    const begun = await w.post("/export/gmail", { email: ADA, query: "lisbon", output_dir: "data/cut" });
    expect([begun.status, begun.body.free_directory]).toEqual([409, join(root, "cut-2")]);
  });
});

describe("the list of exports", () => {
  test("is paged, newest first; what has ended is taken off it, and its files stay", async () => {
    await using w = await stageSignedIn({ messages: 3 });
    const ids: string[] = [];
    let directory = "";
    for (const name of ["a", "b", "c"]) {
      ids.unshift(await begin(w, { output_dir: `data/${name}` }));
      ({ output_directory: directory } = await reaches(w, ids[0]!, "completed"));
    }
    const first = (await w.get("/exports?limit=2")).body;
    expect(first.exports.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const last = (await w.get(`/exports?limit=2&cursor=${first.next_cursor}`)).body;
    expect([last.exports.map(({ id }) => id), last.next_cursor]).toEqual([ids.slice(2), null]);
    for (const cursor of ["", "x", `${first.next_cursor}x`, Buffer.from("[1,2]").toString("base64url")])
      expectProblem(await w.get(`/exports?cursor=${cursor}`), 422, "invalid_fields");
    for (const limit of ["0", "201", "x"]) expectProblem(await w.get(`/exports?limit=${limit}`), 422, "invalid_fields");

    w.google.mailbox().remove(listedIds(w)[0]!);
    const pruning = await begin(w, { output_dir: "data/c", prune: true });
    expect(await reaches(w, pruning, "completed")).toMatchObject({
      prune: true,
      progress: { pruned: { messages: 1 } },
    });
    await expectAllOnce(w, directory);
    expect((await manifestIn(directory)).deleted).toEqual([expect.objectContaining({ pruned: true })]);
    expect((await w.delete(`/exports/${pruning}`)).status).toBe(204);

    const removed = await w.delete(`/exports/${ids[0]}`);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expectProblem(await w.get(`/exports/${ids[0]}`), 404, "export_unknown");
    expectProblem(await w.delete(`/exports/${ids[0]}`), 404, "export_unknown");
    expect((await w.get("/exports")).body.exports.map(({ id }) => id)).toEqual(ids.slice(1));
    await expectAllOnce(w, directory);
  });

  test("keeps an export that has not ended", async () => {
    await using w = await stageSignedIn({ messages: 3 });
    w.google.faults.add(standstill(3));
    const id = await begin(w);
    expectProblem(await w.delete(`/exports/${id}`), 409, "not_in_this_state");
    await w.post(`/exports/${id}/cancel`);
    await reaches(w, id, "cancelled");
    expect((await w.delete(`/exports/${id}`)).status).toBe(204);
  });
});

describe("an export that there is no", () => {
  let shared: Stage;
  beforeAll(async () => void (shared = await stageSignedIn({ messages: 1 })));
  afterAll(() => shared[Symbol.asyncDispose]());

  test("has no state, and cannot be asked for anything", async () => {
    expectProblem(await shared.get("/exports/1"), 404, "export_unknown");
    for (const wish of ["pause", "resume", "cancel", "retry-failed"])
      expectProblem(await shared.post(`/exports/1/${wish}`), 404, "export_unknown");
  });

  test("is at no other address, and behind no other parameter", async () => {
    for (const path of ["/export", "/exports/1/stop", "/auth"])
      expectProblem(await shared.get(path), 404, "no_such_address");
    expectProblem(await shared.call("PUT", "/export/gmail"), 404, "no_such_address");
    for (const answer of [
      await shared.get("/exports?state=running"),
      await shared.get("/exports/1?state=running"),
      await shared.post("/exports/1/pause?at=once"),
      await shared.post("/exports/1/pause", { at: "once" }),
      await shared.post("/export/gmail?max_emails=5", { email: ADA }),
    ])
      expectProblem(answer, 422, "invalid_fields");
  });
});
