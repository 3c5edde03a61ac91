import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { expectProblem } from "./api.ts";
import { manifestIn } from "./exported.ts";
import { scratchFolder } from "./scratch.ts";
import { ADA, begin, BOB, inTheMiddle, reaches, stageSignedIn, standstill, type Stage } from "./stage.ts";

const run = promisify(execFile);

let w: Stage;
let id: string;
let directory: string;

beforeAll(async () => {
  w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 120 },
      { email: BOB, messages: 3 },
    ],
  });
  id = await begin(w, { batch_size: 50 });
  directory = (await reaches(w, id, "completed")).output_directory;
});
afterAll(() => w[Symbol.asyncDispose]());

const url = (path: string, of = id): string => `${w.server.url}/exports/${of}/${path}`;
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe("a file", () => {
  test("comes as it is on disk, to be saved, with its hash and its size", async () => {
    const { batches } = await manifestIn(directory);
    expect(batches.length).toBeGreaterThan(1);
    for (const name of [...batches.map(({ file }) => file), "manifest.json"]) {
      const content = await readFile(join(directory, name));
      const sha256 = createHash("sha256").update(content).digest("hex");
      const response = await fetch(url(`files/${name}`));
      expect(response.status).toBe(200);
      expect(await bytesOf(response)).toEqual(content);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": expect.stringMatching(/^application\/json/),
        "content-disposition": `attachment; filename="${name}"`,
        "content-length": String(content.length),
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        etag: `"${sha256}"`,
      });
      const head = await fetch(url(`files/${name}`), { method: "HEAD" });
      expect([head.status, (await bytesOf(head)).length]).toEqual([200, 0]);
      for (const header of ["content-length", "etag", "content-type", "content-disposition", "accept-ranges"])
        expect(head.headers.get(header)).toBe(response.headers.get(header));
    }
  });

  test("comes in parts, so that a download that was cut off can go on", async () => {
    const name = "emails_batch_1.json";
    const content = await readFile(join(directory, name));
    const get = (headers: Record<string, string>) => fetch(url(`files/${name}`), { headers });
    const ranges: [string, number, number][] = [
      ["bytes=0-9", 0, 10],
      ["bytes=7-", 7, content.length],
      ["bytes=-5", content.length - 5, content.length],
    ];
    for (const [range, start, end] of ranges) {
      const part = await get({ range });
      expect([part.status, part.headers.get("content-range")]).toEqual([
        206,
        `bytes ${start}-${end - 1}/${content.length}`,
      ]);
      expect(part.headers.get("content-length")).toBe(String(end - start));
      expect(await bytesOf(part)).toEqual(content.subarray(start, end));
    }
    const etag = (await get({})).headers.get("etag")!;
    expect((await get({ range: "bytes=0-9", "if-range": etag })).status).toBe(206);
    const other = await get({ range: "bytes=0-9", "if-range": '"other"' });
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, content.length]);
    const known = await get({ "if-none-match": etag });
    expect([known.status, (await bytesOf(known)).length, known.headers.get("etag")]).toEqual([304, 0, etag]);
    const path = `/exports/${id}/files/${name}`;
    expectProblem(await w.call("GET", path, { headers: { "if-match": '"other"' } }), 412, "file_changed");
    const behind = await w.call("GET", path, { headers: { range: `bytes=${content.length}-` } });
    expectProblem(behind, 416, "range_not_satisfiable");
    expect(behind.headers.get("content-range")).toBe(`bytes */${content.length}`);
    expect(behind.headers.get("content-disposition")).toBeNull();
  });

  test("is one that the manifest names, or none: no path leads to another", async () => {
    await writeFile(join(directory, "emails_batch_9.json"), "[]");
    await writeFile(join(directory, "emails_batch_8.json.part"), "[");
    const names = [
      "emails_batch_9.json",
      "emails_batch_8.json",
      "emails_batch_8.json.part",
      ".lock",
      "emails_batch_1.json%00",
      "EMAILS_BATCH_1.JSON",
      "..",
      "..%2f..%2f..%2fcredentials.json",
      "..%2f" + ADA + "%2fmanifest.json",
      "%2e%2e%2fmanifest.json",
      "%2fetc%2fpasswd",
      encodeURIComponent(join(directory, "manifest.json")),
      ".%2fmanifest.json",
      "manifest.json%2f",
      "__proto__",
      "a".repeat(99),
    ];
    for (const name of names) {
      const answer = await rawGet(`/exports/${id}/files/${name}`);
      expect([name, answer]).toEqual([name, { status: 404, code: "no_such_file" }]);
    }
    for (const path of ["files", "files/", "files/../manifest.json", "files/a/b"])
      expect((await rawGet(`/exports/${id}/${path}`)).status).toBe(404);
    for (const path of ["files/%ff", `files/${"a".repeat(101)}`]) {
      const answer = await rawGet(`/exports/${id}/${path}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.code).toBe("invalid_request");
    }
    expectProblem(await w.get("/exports/none/files/manifest.json"), 404, "export_unknown");
    expectProblem(await w.get("/exports/none/archive"), 404, "export_unknown");
  });

  test("that is no longer what was written is refused, and a link is not followed", async () => {
    const ours = await begin(w, { output_dir: "data/damaged", batch_size: 50 });
    const { output_directory: folder } = await reaches(w, ours, "completed");
    const path = join(folder, "emails_batch_1.json");
    const secret = join(w.product.folder, "credentials.json");
    await rename(path, `${path}.away`);
    await symlink(secret, path);
    expectProblem(await w.get(`/exports/${ours}/files/emails_batch_1.json`), 409, "directory_damaged");
    await expect(fetch(url("archive", ours)).then(bytesOf)).rejects.toThrow(/terminated|socket|closed/);
    await w.server.says(/download broke off/);
  });
});

describe("the archive", () => {
  test("is a tar of all files, in a folder of the account's name, whose size is told beforehand", async () => {
    const response = await fetch(url("archive"));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/x-tar",
      "content-disposition": `attachment; filename="${ADA}.tar"`,
      "x-content-type-options": "nosniff",
    });
    const archive = await bytesOf(response);
    expect(response.headers.get("content-length")).toBe(String(archive.length));
    const head = await fetch(url("archive"), { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(archive.length));

    await using folder = await scratchFolder();
    await writeFile(join(folder.path, "all.tar"), archive);
    const { stdout } = await run("tar", ["-xvf", "all.tar"], { cwd: folder.path });
    const { batches } = await manifestIn(directory);
    const names = [...batches.map(({ file }) => file), "changes.ndjson", "manifest.json"];
    expect(stdout.trim().split("\n")).toEqual(names.map((name) => `${ADA}/${name}`));
    for (const name of names)
      expect(await readFile(join(folder.path, ADA, name))).toEqual(await readFile(join(directory, name)));
    const verdict = await w.product.cli(["verify", join(folder.path, ADA)]);
    expect(verdict.code).toBe(0);
  });

  test("has the attachments too where they are kept, each in its place", async () => {
    const wanted = { attachments: true, formats: ["mbox", "eml", "ndjson", "parquet"] };
    const ours = await begin(w, { output_dir: "data/attached", batch_size: 50, ...wanted });
    const done = await reaches(w, ours, "completed");
    expect(done).toMatchObject(wanted);
    for (const [end, type] of [
      ["mbox", "application/mbox"],
      ["ndjson.gz", "application/gzip"],
      ["parquet", "application/vnd.apache.parquet"],
    ]) {
      const file = await fetch(url(`files/emails_batch_1.${end}`, ours));
      expect([file.headers.get("content-type"), file.headers.get("content-encoding")]).toEqual([type, null]);
      expect(await bytesOf(file)).toEqual(await readFile(join(done.output_directory, `emails_batch_1.${end}`)));
    }
    const { attachments, originals } = await manifestIn(done.output_directory);
    expect(attachments!.blobs).toBeGreaterThan(20);
    const response = await fetch(url("archive", ours));
    await using folder = await scratchFolder();
    await writeFile(join(folder.path, "all.tar"), await bytesOf(response));
    const { stdout } = await run("tar", ["-xvf", "all.tar"], { cwd: folder.path });
    const names = stdout.trim().split("\n");
    expect(names.filter((name) => name.includes("/attachments/"))).toHaveLength(attachments!.blobs);
    expect(names.filter((name) => name.includes("/eml/"))).toHaveLength(originals!.count);
    expect(names.at(-1)).toBe(`${ADA}/manifest.json`);
    expect((await w.product.cli(["verify", join(folder.path, ADA)])).code).toBe(0);
    expectProblem(await w.get(`/exports/${ours}/files/attachments`), 404, "no_such_file");
    // Where an original is not what its record tells, the archive breaks off, as it does with any other file.
    const eml = names.find((name) => name.includes("/eml/"));
    const path = join(done.output_directory, eml!.slice(ADA.length + 1));
    const sent = await readFile(path);
    await writeFile(path, Buffer.from(sent).fill("x", 0, 1));
    await expect(fetch(url("archive", ours)).then(bytesOf)).rejects.toThrow(/terminated|socket|closed/);
    await writeFile(path, sent);
    expect((await fetch(url("archive", ours)).then(bytesOf)).length).toBeGreaterThan(sent.length);
  });

  test("is not there before the first file is finished, nor are the files", async () => {
    w.google.faults.add(standstill(30));
    const early = await begin(w, { output_dir: "data/early" });
    await inTheMiddle(w, early);
    expectProblem(await w.get(`/exports/${early}/archive`), 404, "no_such_file");
    expectProblem(await w.get(`/exports/${early}/files/manifest.json`), 404, "no_such_file");
    await w.post(`/exports/${early}/pause`);
    await reaches(w, early, "paused");
    w.google.faults.clear();
    await w.post(`/exports/${early}/resume`);
    await reaches(w, early, "completed");
    expect((await w.get(`/exports/${early}/files/manifest.json`)).status).toBe(200);
  });

  test("of an export whose directory has become another's has nothing of that other", async () => {
    const foreign = await begin(w, { email: BOB, output_dir: "data/foreign" });
    const { output_directory: folder } = await reaches(w, foreign, "completed");
    await rm(folder, { recursive: true });
    await cp(directory, folder, { recursive: true });
    expect((await w.get(`/exports/${foreign}`)).body).toMatchObject({ complete: false, files: [], failures: [] });
    expectProblem(await w.get(`/exports/${foreign}/files/manifest.json`), 404, "no_such_file");
    expectProblem(await w.get(`/exports/${foreign}/archive`), 404, "no_such_file");
  });
});

/** A request whose path is sent as it is: `fetch` would tidy it up. */
async function rawGet(path: string): Promise<{ status: number | undefined; code: string | undefined }> {
  const { hostname, port } = new URL(w.server.url);
  const [response] = (await once(request({ hostname, port, path }).end(), "response")) as [IncomingMessage];
  const { code } = (await json(response)) as { code?: string };
  return { status: response.statusCode, code };
}
