import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { openFront, type Front } from "../../../test/s3/front.ts";
import { storagesIn } from "../../../test/s3/storage-in-bucket.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import type { Storage } from "../../core/ports/storage.ts";
import type { Send } from "./requests/send.ts";

/** Writers that die, or hear nothing, at each of their requests. */

const bytes = (content: string): Buffer => Buffer.from(content);
const LARGE = Buffer.alloc(6 << 20, "0123456789abcdef");

/** What a writer was told is durable, in the order in which it was. */
type Told = { grown: string; sealed: boolean; manifest: string; large: string | undefined; removed: boolean };

/** All that a storage does, once: what was answered for is noted right then. */
async function write(storage: Storage, told: Told): Promise<void> {
  await using _hold = await storage.hold(0);
  {
    await using growing = await storage.grow("batch", 0);
    for (const piece of ["one ", "two ", "three "]) {
      await growing.append(bytes(piece));
      told.grown += piece;
    }
    await growing.seal(bytes("end"));
    told.sealed = true;
  }
  await storage.put("manifest", [bytes("new")]);
  told.manifest = "new";
  await storage.remove("journal", "growing");
  told.removed = true;
}

/** The same for a file that is sent in parts, and whose name is known when all of it was. */
async function writeLarge(storage: Storage, told: Told): Promise<void> {
  await using _hold = await storage.hold(0);
  ({ name: told.large } = await storage.put((sha256) => `blobs/${sha256}`, [LARGE]));
}

async function world() {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const front = stack.use(await openFront());
  const ours = stack.move();
  let made = 0;
  return {
    front,
    /** A directory in which an earlier run wrote a manifest, and left a journal. */
    async place(): Promise<string> {
      const place = `s3://${front.bucket}/run-${(made += 1)}`;
      await using storages = storagesIn({ front, state: scratch.path });
      const storage = storages.open(place);
      await using _hold = await storage.hold(0);
      await storage.put("manifest", [bytes("old")]);
      await (await storage.grow("journal", 0, bytes("line\n")))[Symbol.asyncDispose]();
      return place;
    },
    storages: (send?: (send: Send) => Send) => storagesIn({ front, state: scratch.path, ...(send && { send }) }),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

const newTold = (): Told => ({ grown: "", sealed: false, manifest: "old", large: undefined, removed: false });

async function contentOf(storage: Storage, name: string, growing?: "growing"): Promise<string | undefined> {
  await using content = await storage.open(name, growing);
  return content && text(content.read());
}

/** What the next run finds is what the dead one was told, or one step more; and nothing else is left of it. */
async function expectRecovered(front: Front, storage: Storage, prefix: string, told: Told): Promise<void> {
  await using hold = await storage.hold(0);
  expect(hold).toBeDefined();
  const growing = await contentOf(storage, "batch", "growing");
  const sealed = await contentOf(storage, "batch");
  if (told.sealed) expect([sealed, growing]).toEqual(["one two three end", undefined]);
  else if (sealed === undefined) {
    expect("one two three ".startsWith(growing ?? "")).toBe(true);
    expect((growing ?? "").startsWith(told.grown)).toBe(true);
  } else expect([sealed, growing]).toEqual(["one two three end", undefined]);
  const manifest = await contentOf(storage, "manifest");
  expect(["new", told.manifest]).toContain(manifest);
  if (told.large !== undefined) expect((await contentOf(storage, told.large))?.length).toBe(LARGE.length);
  for await (const name of storage.namesIn("blobs")) expect((await storage.open(name))?.bytes).toBe(LARGE.length);
  const journal = await contentOf(storage, "journal", "growing");
  expect(told.removed ? [undefined] : [undefined, "line\n"]).toContain(journal);
  expect(front.uploads()).toEqual([]);
  expect((await front.keys(`${prefix}/.new/`)).length).toBe(0);
  const segments = (await front.keys(`${prefix}/.segments/`)).map((key) => key.split("/")[2]);
  if (growing === undefined) expect(segments).not.toContain("batch");
  if (journal === undefined) expect(segments).not.toContain("journal");
}

const prefixOf = (place: string): string => place.split("/").at(-1)!;

test.each([
  ["files", write],
  ["a large file", writeLarge],
])(
  "writing %s, killed at any request, whatever became of that: the next run finds all that was answered for, and clears the rest",
  async (_, work) => {
    await using w = await world();
    let requests = 0;
    for (let last = 1; ; last += 1) {
      const place = await w.place();
      const told = newTold();
      let count = 0;
      // The last request is done, and its answer never heard: what the server has then is also what a death before the next leaves.
      await using storages = w.storages((send) => async (request) => {
        count += 1;
        if (count > last) throw new Error("dead");
        const answer = await send(request);
        if (count < last) return answer;
        await Array.fromAsync(answer.body);
        throw new Error("dead");
      });
      const died = await work(storages.open(place), told).then(
        () => false,
        () => true,
      );
      requests = count;
      await using after = w.storages();
      await expectRecovered(w.front, after.open(place), prefixOf(place), told);
      if (!died) break;
    }
    expect(requests).toBeGreaterThan(15);
  },
);

test.each(["lost before", "lost after", "error after"] as const)(
  "each request once %s its answer: what is written is the same",
  async (fault) => {
    await using w = await world();
    const place = await w.place();
    const tried = new Set<string>();
    // What is the same again is a second try.
    w.front.settings.faultOf = ({ method, key, query, body }) => {
      const request = [method, key, query.toString().replace(/uploadId=[^&]*/, ""), body.length].join(" ");
      if (tried.has(request)) return undefined;
      tried.add(request);
      return fault;
    };
    await using storages = w.storages();
    const told = newTold();
    await write(storages.open(place), told);
    await writeLarge(storages.open(place), told);
    w.front.settings.faultOf = () => undefined;
    expect(told).toMatchObject({ sealed: true, manifest: "new", removed: true });
    await using after = w.storages();
    await expectRecovered(w.front, after.open(place), prefixOf(place), told);
  },
);

test("a server that says SlowDown is asked again later, and one that is slow is waited for", async () => {
  await using w = await world();
  const place = await w.place();
  const slow = new Promise<void>((resolve) => setImmediate(resolve));
  w.front.settings.faultOf = (_, count) =>
    count % 3 === 0 ? { status: 503, code: "SlowDown", headers: { "retry-after": "1" } } : { wait: slow };
  await using storages = w.storages();
  const told = newTold();
  await write(storages.open(place), told);
  expect(told.removed).toBe(true);
});

test("a body that is cut off is read on where it ended", async () => {
  await using w = await world();
  await using storages = w.storages();
  const storage = storages.open(await w.place());
  await using _hold = await storage.hold(0);
  await storage.put("large", [LARGE]);
  let cuts = 0;
  w.front.settings.faultOf = ({ method }) =>
    method === "GET" && (cuts += 1) < 4 ? { cutAfter: 1_000_000 } : undefined;
  await using content = await storage.open("large");
  expect(Buffer.concat(await Array.fromAsync(content!.read())).equals(LARGE)).toBe(true);
  expect(cuts).toBeGreaterThan(3);
});
