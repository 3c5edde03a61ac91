import { createHash } from "node:crypto";
import { mkdir, open, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { mboxOf, sha256Of } from "../../../../test/contracts/record-content.ts";
import { takeALittle } from "../../../../test/slow-reader.ts";
import { until } from "../../../../test/wait.ts";
import { record } from "../../../../test/written-export.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";
import { GIF_AND_SCRIPT, HTML, PNG, stageRoutes, stored, SVG } from "./testing.ts";

/** Larger than all that sockets and streams hold by themselves. */
const LARGE = Buffer.alloc(48 << 20, "0123456789abcdef");

const DATE = "2023-12-05T09:11:12.000Z";
const EML = Buffer.from("Subject: x\r\n\r\nFrom here on, byte for byte.\r\n");

type Fields = Partial<ExportRecord>;

const original = (bytes: Buffer): Fields => ({ Original: { sha256: sha256Of(bytes), bytes: bytes.length } });

const HOSTILE_NAMES = [
  "../../../etc/passwd",
  "C:\\Windows\\System32\\drivers.sys",
  "CON",
  "nul.txt",
  "x".repeat(300),
  "界".repeat(300),
  "invoice\u202efdp.exe",
  "a\r\nSet-Cookie: session=stolen\r\n\r\n<script>",
  'report"; filename="evil.exe',
  "100%25 \\ 'quoted' (1)*.pdf",
  "",
  "\0\0",
  "....",
  "\ud800.html",
  "näme.txt",
];

type Asked = Awaited<ReturnType<typeof stageRoutes>>;
let w: Asked;

beforeAll(async () => {
  w = await stageRoutes();
  for (const bytes of [PNG, HTML, SVG, GIF_AND_SCRIPT, LARGE, Buffer.alloc(0)])
    await w.put(attachmentPath(sha256Of(bytes)), bytes);
  const names = HOSTILE_NAMES.map((filename, n) => stored(HTML, { filename, partId: String(n) }));
  const kinds = [
    stored(HTML, { filename: "photo.png", mimeType: "image/png" }),
    stored(SVG, { filename: "drawing.svg", mimeType: "image/svg+xml" }),
    stored(GIF_AND_SCRIPT, { filename: "page.html", mimeType: "text/html" }),
    stored(PNG, { filename: "", mimeType: "text/html" }),
    stored(Buffer.alloc(0), { filename: "nothing.txt" }),
    stored(EML, {
      filename: "",
      mimeType: "message/rfc822",
      sha256: sha256Of(HTML),
      path: attachmentPath(sha256Of(HTML)),
    }),
  ];
  const { sha256: _, path: __, ...listed } = stored(PNG);
  const mail = [
    record("a1", { Attachments: names }),
    record("a2", { Attachments: kinds }),
    record("a3", { Attachments: [listed] }),
    record("a4", { Attachments: [stored(LARGE)] }),
    record("b1", { "Internal-Date": DATE, ...original(EML) }),
    record("b2", { "Internal-Date": DATE, ...original(LARGE) }),
    record("b3"),
  ];
  await w.put("eml/2023/12/b1.eml", EML);
  await w.put("emails_batch_1.mbox", await mboxOf({ b2: LARGE }));
  await w.write({ 1: mail });
});
afterAll(() => w[Symbol.asyncDispose]());

describe("an attachment", () => {
  test("comes byte for byte, to be saved and never shown, known by its hash", async () => {
    const answer = await w.ask("a2/attachments/3");
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(PNG)).toBe(true);
    expect(answer.headers).toMatchObject({
      "content-type": "image/png",
      "content-length": String(PNG.length),
      "content-disposition": 'attachment; filename="image.png"',
      "content-security-policy":
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "private, no-cache",
      "accept-ranges": "bytes",
      etag: `"${sha256Of(PNG)}"`,
    });
  });

  test("is of the type that its bytes say, whatever its sender says", async () => {
    const types = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (n) => (await w.ask(`a2/attachments/${n}`)).headers["content-type"]),
    );
    const other = "application/octet-stream";
    expect(types).toEqual([other, other, "image/gif", "image/png", other, other]);
  });

  test("of any name is saved under a safe one, and its header is one line of ASCII", async () => {
    for (const [n, name] of HOSTILE_NAMES.entries()) {
      const { status, headers, bytes } = await w.ask(`a1/attachments/${n}`);
      expect([name, status, bytes.equals(HTML)]).toEqual([name, 200, true]);
      const disposition = headers["content-disposition"]!;
      const [, plain, exact] =
        // oxlint-disable-next-line no-control-regex -- that there is none is what it is about
        /^attachment; filename="([^"\\\x00-\x1f\x7f-\uffff]{1,240})"(?:; filename\*=UTF-8''([\w.!#$&+^`|~%-]+))?$/.exec(
          disposition,
        )!;
      const saved = exact === undefined ? plain! : decodeURIComponent(exact);
      expect(saved, disposition).not.toMatch(/[/\\:*?"<>|\p{Cc}\u202e]|^\.|[. ]$|^(?:con|nul)(?:\.|$)/iu);
      expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(240);
      expect(headers["set-cookie"]).toBeUndefined();
    }
    const names = await Promise.all(
      [6, 8, 10, 14].map(async (n) => (await w.ask(`a1/attachments/${n}`)).headers["content-disposition"]),
    );
    expect(names).toEqual([
      'attachment; filename="invoicefdp.exe"',
      'attachment; filename="report_; filename=_evil.exe"',
      'attachment; filename="attachment.txt"',
      "attachment; filename=\"n_me.txt\"; filename*=UTF-8''n%C3%A4me.txt",
    ]);
  });

  test("that is empty, or a message without a name, is what it is", async () => {
    expect(await w.ask("a2/attachments/4")).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    const { headers } = await w.ask("a2/attachments/5");
    expect(headers["content-disposition"]).toBe('attachment; filename="message.eml"');
  });

  test("whose content the export does not hold says which call brings it; one that there is not, where to look", async () => {
    const { status, code, next } = await w.ask("a3/attachments/0");
    expect([status, code]).toEqual([404, "not_stored"]);
    expect(next).toContain('"attachments": true');
    expect(await w.ask("a3/attachments/1")).toMatchObject({ status: 404, code: "no_such_attachment" });
    expect(await w.ask("zz/attachments/0")).toMatchObject({ status: 404, code: "no_such_message" });
    for (const n of ["-1", "01", "1e1", "0x0", "x", "..%2f..%2fmanifest.json", "9999999", "0%00"])
      expect(await w.ask(`a3/attachments/${n}`)).toMatchObject({ status: 422, code: "invalid_fields" });
  });

  test("is given in part: one range, and whatever else is asked for all of it or nothing", async () => {
    const path = "a4/attachments/0";
    const etag = `"${sha256Of(LARGE)}"`;
    const part = async (range: string, more = {}) => w.ask(path, { headers: { range, ...more } });
    const some = await part("bytes=16-35");
    expect([some.status, some.bytes.toString(), some.headers["content-range"]]).toEqual([
      206,
      "0123456789abcdef0123",
      `bytes 16-35/${LARGE.length}`,
    ]);
    expect((await part("bytes=-3")).bytes.toString()).toBe("def");
    expect((await part("bytes=0-0", { "if-range": etag })).status).toBe(206);
    expect((await w.ask("a2/attachments/3", { headers: { range: "bytes=0-0", "if-range": '"x"' } })).status).toBe(200);
    for (const range of [`bytes=${LARGE.length}-`, "bytes=99999999999999999999999999-", "bytes=-0"]) {
      const answer = await part(range);
      expect(answer).toMatchObject({ status: 416, code: "range_not_satisfiable" });
      expect(answer.headers["content-range"]).toBe(`bytes */${LARGE.length}`);
    }
    const many = `bytes=${Array.from({ length: 1_000 }, (_, n) => `${n}-${n}`).join(",")}`;
    for (const range of [many, "bytes=0-0,-1", "bytes=5-1", "bytes=a-b", "lines=0-1", "bytes=0x1-2", "bytes=--1"]) {
      const answer = await w.ask("a2/attachments/3", { headers: { range } });
      expect([range.length, answer.status, answer.bytes.length]).toEqual([range.length, 200, PNG.length]);
    }
    const unchanged = await w.ask(path, { headers: { "if-none-match": etag } });
    expect([unchanged.status, unchanged.bytes.length]).toEqual([304, 0]);
    expect(await w.ask(path, { headers: { "if-match": '"x"' } })).toMatchObject({ status: 412, code: "file_changed" });
  });

  test("tells its size and name to who looks at its head alone", async () => {
    const { status, headers, bytes } = await w.ask("a4/attachments/0", { method: "HEAD" });
    expect([status, bytes.length, headers["content-length"]]).toEqual([200, 0, String(LARGE.length)]);
    expect(headers["content-disposition"]).toBe('attachment; filename="a.bin"');
    expect((await w.ask("a4/attachments/9", { method: "HEAD" })).status).toBe(404);
  });

  test("is read as fast as the client takes it, and closed when it leaves", async () => {
    await until(() => w.seen.open === 0);
    const before = w.seen.bytes;
    const leave = await takeALittle(`${w.url}/a4/attachments/0`);
    let last = -1;
    // A chunk more may still be on its way to the buffers; that it never is all of it is what matters.
    await until(() => {
      const isStill = last === w.seen.bytes;
      last = w.seen.bytes;
      return isStill && last > before;
    });
    expect(w.seen.open).toBe(1);
    expect(w.seen.bytes - before).toBeLessThan(LARGE.length);
    leave();
    await until(() => w.seen.open === 0);
    expect(w.seen.bytes - before).toBeLessThan(LARGE.length);
  });
});

describe("an original", () => {
  test("comes byte for byte, from its own file or out of the mbox, in whole or in part", async () => {
    const { status, headers, bytes } = await w.ask("b1/original");
    expect([status, bytes.equals(EML)]).toEqual([200, true]);
    expect(headers).toMatchObject({
      "content-type": "message/rfc822",
      "content-disposition": 'attachment; filename="b1.eml"',
      "x-content-type-options": "nosniff",
      etag: `"${sha256Of(EML)}"`,
    });
    expect(headers["content-security-policy"]).toContain("sandbox");
    const large = await w.ask("b2/original");
    expect(createHash("sha256").update(large.bytes).digest("hex")).toBe(sha256Of(LARGE));
    const part = await w.ask("b2/original", { headers: { range: "bytes=1000001-1000004" } });
    expect([part.status, part.bytes.toString()]).toEqual([206, "1234"]);
    expect((await w.ask("b2/original", { method: "HEAD" })).headers["content-length"]).toBe(String(LARGE.length));
  });

  test("that the export does not hold says which call brings it", async () => {
    const { status, code, next } = await w.ask("b3/original");
    expect([status, code]).toEqual([404, "no_original"]);
    expect(next).toContain('"formats": ["eml"]');
    expect(await w.ask("zz/original")).toMatchObject({ status: 404, code: "no_such_message" });
  });
});

describe("what was changed on the disk is never given out as what it was", () => {
  test("a content that is missing, replaced, cut, or a link to something else, even to the same bytes", async () => {
    await using other = await stageRoutes();
    const name = attachmentPath(sha256Of(PNG));
    await other.write({ 1: [record("d1", { Attachments: [stored(PNG)], "Internal-Date": DATE, ...original(EML) })] });
    const path = join(other.directory, name);
    const refused = async (what: string): Promise<void> => {
      for (const init of [{}, { method: "HEAD" }, { headers: { range: "bytes=0-3" } }]) {
        const answer = await other.ask("d1/attachments/0", init);
        expect([what, answer.status], JSON.stringify(init)).toEqual([what, 409]);
        expect(answer.bytes.includes(PNG.subarray(0, 8))).toBe(false);
      }
    };
    await refused("missing");
    await other.put(name, Buffer.concat([PNG, PNG]));
    await refused("longer");
    await other.put(name, PNG.subarray(0, 12));
    await refused("cut");
    await other.put(name, Buffer.alloc(PNG.length, "x"));
    await refused("other bytes of the same size");
    await rm(path);
    await writeFile(join(other.directory, "secret"), PNG);
    await symlink(join(other.directory, "secret"), path);
    await refused("a link");
    await rm(path);
    await mkdir(path);
    await refused("a folder");
    await rm(path, { recursive: true });
    await other.put(name, PNG);
    expect((await other.ask("d1/attachments/0")).bytes.equals(PNG)).toBe(true);

    expect(await other.ask("d1/original")).toMatchObject({ status: 409, code: "directory_damaged" });
    await other.put("eml/2023/12/d1.eml", Buffer.from("Subject: another"));
    expect(await other.ask("d1/original")).toMatchObject({ status: 409, code: "directory_damaged" });
    await other.put("eml/2023/12/d1.eml", EML);
    expect((await other.ask("d1/original")).bytes.equals(EML)).toBe(true);
  });

  test("a record that was edited to point elsewhere leads nowhere", async () => {
    await using other = await stageRoutes();
    await other.put("credentials.json", HTML);
    const [hash, good] = [sha256Of(HTML), stored(HTML)];
    const wrong: readonly object[] = [
      { ...good, path: "credentials.json" },
      { ...good, path: "../../../../etc/passwd" },
      { ...good, path: join(other.directory, "credentials.json") },
      { ...good, sha256: "../../credentials.json", path: "attachments/../credentials.json" },
      { ...good, sha256: hash.toUpperCase() },
      { ...good, sha256: `${hash}\0` },
      { ...good, sha256: undefined },
      { ...good, sha256: ["x"] },
    ];
    const originals: readonly unknown[] = [
      { sha256: "../x", bytes: 1 },
      { sha256: hash },
      { sha256: hash, bytes: -1 },
      "x",
    ];
    // Each in a batch of its own: where one line is no record, nothing of its batch is shown.
    const mail = [
      ...wrong.map((one, n) => JSON.stringify({ ...record(`e${n}`), Attachments: [one] })),
      ...originals.map((one, n) => JSON.stringify({ ...record(`f${n}`), Original: one })),
      record("a1", { "Internal-Date": "../../..", ...original(HTML) }),
      record("../credentials", { "Internal-Date": DATE, ...original(HTML) }),
    ];
    await other.write(Object.fromEntries(mail.map((one, n) => [n + 1, [one]])));
    const statuses = [...wrong.keys()].map(async (n) => (await other.ask(`e${n}/attachments/0`)).status);
    expect(await Promise.all(statuses)).toEqual([409, 409, 409, 404, 404, 404, 409, 404]);
    const others = [...originals.keys()].map(async (n) => (await other.ask(`f${n}/original`)).status);
    expect(await Promise.all(others)).toEqual([409, 404, 409, 404]);
    expect((await other.ask("a1/original")).status).toBe(409);
    expect((await other.ask("..%2fcredentials/original")).status).toBe(409);
  });

  test("a content that is changed while it is sent is cut off, and that is told in the log", async () => {
    await using other = await stageRoutes();
    const name = attachmentPath(sha256Of(LARGE));
    await other.put(name, LARGE);
    await other.write({ 1: [record("d1", { Attachments: [stored(LARGE)] })] });
    const answer = await fetch(`${other.url}/d1/attachments/0`);
    expect(answer.status).toBe(200);
    await using file = await open(join(other.directory, name), "r+");
    await file.write("changed", LARGE.length - 100);
    await expect(answer.arrayBuffer()).rejects.toThrow(/terminated|closed|socket/);
    expect(other.seen.log).toContain("download broke off");
  });
});
