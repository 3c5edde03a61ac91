import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { storageContract } from "../../../test/contracts/storage.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { openFront, type Fault, type Front } from "../../../test/s3/front.ts";
import { storagesIn } from "../../../test/s3/storage-in-bucket.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { HoldLost } from "../../core/errors.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { Storage } from "../../core/ports/storage.ts";
import type { Send } from "./requests/send.ts";

type Options = Omit<Parameters<typeof storagesIn>[0], "front" | "state">;

async function world(given?: Parameters<typeof openFront>[0]) {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const front = stack.use(await openFront(given));
  const ours = stack.move();
  const place = `s3://${front.bucket}/above/export`;
  return {
    front,
    place,
    /** The storage as another process opens it. */
    open: (options: Options = {}): Storage =>
      ours.use(storagesIn({ front, state: scratch.path, ...options })).open(place),
    key: (name: string): string => `above/export/${name}`,
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

for (const [implementation, limit] of [
  ["s3", () => {}],
  [
    "s3, a server that knows the least",
    ({ settings }: Front) => {
      settings.knows = { conditions: "ignores", copyPart: false, listUploads: false };
      settings.pageSize = 2;
    },
  ],
] as const)
  storageContract(implementation, async () => {
    const w = await world();
    limit(w.front);
    return {
      open: () => w.open(),
      // What was answered for is durable; nothing else is left of a process than what the server has.
      afterPowerLoss: async () => w.open(),
      [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
    };
  });

const bytes = (content: string): Buffer => Buffer.from(content);

async function contentOf(storage: Storage, name: string, growing?: "growing"): Promise<string | undefined> {
  await using content = await storage.open(name, growing);
  return content && text(content.read());
}

test("between deployments .hold decides: a young one is another's, an old one was left behind, and who lost it writes nothing more", async () => {
  await using w = await world();
  const [one, other] = [w.open({ deployment: "one" }), w.open({ deployment: "other", holds: free() })];
  const first = (await one.hold(0))!;
  await one.put("manifest", [bytes("first")]);
  expect([await other.hold(0), await other.isHeld()]).toEqual([undefined, true]);
  w.front.settings.ages.set(w.key(".hold"), 61_000);
  expect(await other.isHeld()).toBe(false);
  await using second = await other.hold(0);
  expect(second!.number).toBeGreaterThan(first.number);
  // The first one slept meanwhile: what it sends now finds out.
  await other.put("manifest", [bytes("second")]);
  expect(await contentOf(one, "manifest")).toBe("second");
  await first[Symbol.asyncDispose]();
  expect(JSON.parse((await w.front.contentOf(w.key(".hold"))).toString())).toMatchObject({ deployment: "other" });
});

test("a hold is renewed while it lasts; who finds another's there writes nothing more", async () => {
  await using w = await world();
  const clock = manualClock();
  const storage = w.open({ clock });
  const hold = (await storage.hold(0))!;
  const before = await w.front.contentOf(w.key(".hold"));
  await clock.advance(25_000);
  await expect.poll(() => w.front.contentOf(w.key(".hold"))).not.toEqual(before);
  await w.front.plant(w.key(".hold"), JSON.stringify({ number: 99, deployment: "other", count: 1 }));
  await clock.advance(25_000);
  await expect.poll(() => hold.signal.aborted).toBe(true);
  expect(hold.signal.reason).toBeInstanceOf(HoldLost);
  for (const write of [() => storage.put("a", [bytes("x")]), () => storage.grow("a", 0), () => storage.remove("a")])
    await expect(write()).rejects.toThrow(HoldLost);
  expect(await w.front.keys("above/export/a")).toEqual([]);
  await hold[Symbol.asyncDispose]();
});

test("after a pause in which it was not renewed, a hold is made sure of before anything is published", async () => {
  await using w = await world();
  let now = Date.now();
  // A clock that tells of the pause, and under which nothing was renewed in it: as a process that was stopped finds it.
  const clock = {
    now: () => now,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((__, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  const storage = w.open({ clock });
  await using _hold = await storage.hold(0);
  await storage.put("manifest", [bytes("mine")]);
  now += 120_000;
  await w.front.plant(w.key(".hold"), JSON.stringify({ number: 99, deployment: "other", count: 1 }));
  await expect(storage.put("manifest", [bytes("late")])).rejects.toThrow(HoldLost);
  expect(await contentOf(storage, "manifest")).toBe("mine");
});

test("what a woken writer put in the place of a file is written over by who holds the directory", async () => {
  await using w = await world();
  const storage = w.open();
  await using _hold = await storage.hold(0);
  await storage.put("manifest", [bytes("one")]);
  await w.front.plant(w.key("manifest"), "of a woken writer");
  await w.front.plant(w.key("batch"), "of a woken writer");
  await storage.put("manifest", [bytes("two")]);
  await using growing = await storage.grow("batch", 0);
  await growing.seal(bytes("ours"));
  expect([await contentOf(storage, "manifest"), await contentOf(storage, "batch")]).toEqual(["two", "ours"]);
});

test("a hold that its state gave to another stops every write, in the middle of one too", async () => {
  await using w = await world();
  const lost = new AbortController();
  const holds: Holds = {
    ...free(),
    take: async () => ({
      number: 1,
      signal: lost.signal,
      confirm: async () => lost.signal.throwIfAborted(),
      async [Symbol.asyncDispose]() {},
    }),
  };
  const storage = w.open({ holds });
  await using hold = await storage.hold(0);
  await using growing = await storage.grow("a", 0);
  const interrupted = async function* (): AsyncGenerator<Buffer> {
    yield bytes("half");
    lost.abort(new HoldLost("taken over"));
    yield bytes("whole");
  };
  await expect(storage.put("manifest", interrupted())).rejects.toThrow(HoldLost);
  await expect(growing.append(bytes("x"))).rejects.toThrow(HoldLost);
  await expect(growing.seal(bytes("x"))).rejects.toThrow(HoldLost);
  expect(hold!.signal.reason).toBeInstanceOf(HoldLost);
  expect((await w.front.keys()).filter((key) => !key.includes("/."))).toEqual([]);
});

test.each([
  ["asked again", (): Fault => ({ status: 503, code: "SlowDown" })],
  ["waited for", (wait: Promise<void>): Fault => ({ wait })],
])("what a server has not done yet when a hold is lost is not %s", async (_, faultOf) => {
  await using w = await world();
  const lost = new AbortController();
  const take: Holds["take"] = async () => ({ ...(await free().take("", 0))!, signal: lost.signal });
  const clock = manualClock();
  const storage = w.open({ holds: { ...free(), take }, clock });
  await using _hold = await storage.hold(0);
  await using growing = await storage.grow("a", 0, bytes("first"));
  const before = await w.front.keys();
  const everyone = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  let asked = 0;
  w.front.settings.faultOf = () => {
    if ((asked += 1) === 3) everyone.resolve();
    return faultOf(enough.promise);
  };
  const writing = [storage.put("manifest", [bytes("x")]), storage.grow("b", 0), growing.append(bytes("x"))];
  const written = Promise.allSettled(writing);
  await everyone.promise;
  w.front.settings.faultOf = () => undefined;
  lost.abort(new HoldLost("taken over"));
  const ends = await clock.run(written, 10);
  expect(ends.map((end) => end.status === "rejected" && end.reason)).toEqual(writing.map(() => lost.signal.reason));
  expect(await w.front.keys()).toEqual(before);
  enough.resolve();
});

test("what breaks off in the middle of an answer is asked for again, whatever it is", async () => {
  await using w = await world();
  const cut = new Set<string>();
  w.front.settings.faultOf = ({ method, key, query }) => {
    const asked = `${key}?${[...query.keys()].join("&")}`;
    if (method !== "GET" || cut.has(asked)) return undefined;
    cut.add(asked);
    return { cutAfter: 1 };
  };
  const storage = w.open();
  await using _hold = await storage.hold(0);
  await using _growing = await storage.grow("a", 0, bytes("some"));
  expect(await contentOf(storage, "a", "growing")).toBe("some");
  expect((await storage.list())?.map(({ name }) => name)).toContain("a");
  expect([...cut].filter((asked) => asked.startsWith("?uploads"))).toHaveLength(1);
});

test("a hold of a database, whose numbers are moments, goes on behind what one of a machine wrote, and it behind that", async () => {
  await using w = await world();
  const ofDatabase: Holds = {
    ...free(),
    async take(...asked) {
      const held = (await free().take(...asked))!;
      return { ...held, number: Date.UTC(2026, 10, 28) };
    },
  };
  let expected = "";
  for (const holds of [free(), ofDatabase, free(), ofDatabase]) {
    const storage = w.open({ holds });
    await using _hold = await storage.hold(0);
    await using growing = await storage.grow("a", expected.length);
    await growing.append(bytes("more "));
    expected += "more ";
    expect(await contentOf(storage, "a", "growing")).toBe(expected);
  }
});

test("a writer that was overtaken, and was told nothing of it, neither removes nor goes on with what the next one has", async () => {
  await using w = await world();
  const storage = w.open({ holds: free() });
  await using _old = await storage.hold(0);
  await (await storage.grow("a", 0, bytes("old")))[Symbol.asyncDispose]();
  const next = w.open({ holds: free() });
  await using _new = await next.hold(0);
  {
    await using growing = await next.grow("a", 3);
    await growing.append(bytes(" and new"));
  }
  await expect(storage.grow("a", 3)).rejects.toThrow(HoldLost);
  await storage.remove("a", "growing");
  expect(await contentOf(next, "a", "growing")).toBe("old and new");
});

test("pieces that an older writer still sends, or that have a gap before them, count for nothing and are cleared", async () => {
  await using w = await world();
  const storage = w.open();
  {
    await using _hold = await storage.hold(0);
    await using growing = await storage.grow("a", 0, bytes("one "));
    await growing.append(bytes("two "));
  }
  const [last = ""] = (await w.front.keys(w.key(".segments/a/"))).slice(-1);
  await w.front.plant(last.replace(/2$/, "4"), "behind a gap");
  expect(await contentOf(storage, "a", "growing")).toBe("one two ");
  await using _hold = await storage.hold(0);
  await using growing = await storage.grow("a", 4);
  await w.front.plant(last.replace(/2$/, "3"), "of a writer that woke up");
  await growing.append(bytes("more"));
  expect(await contentOf(storage, "a", "growing")).toBe("one more");
  await growing.seal(bytes(""));
  expect(await contentOf(storage, "a")).toBe("one more");
});

test("many pieces are put together, and who reads meanwhile reads on", async () => {
  await using w = await world();
  const storage = w.open();
  await using _hold = await storage.hold(0);
  await using growing = await storage.grow("a", 0);
  const pieces = Array.from({ length: 120 }, (_, n) => `${n},`);
  let opened: Awaited<ReturnType<Storage["open"]>>;
  for (const [n, piece] of pieces.entries()) {
    await growing.append(bytes(piece));
    if (n === 80) opened = await storage.open("a", "growing");
  }
  expect((await w.front.keys(w.key(".segments/a/"))).length).toBeLessThan(40);
  expect(await contentOf(storage, "a", "growing")).toBe(pieces.join(""));
  expect(await text(opened!.read())).toBe(pieces.slice(0, 81).join(""));
  await growing.seal(bytes("end"));
  expect(await text(opened!.read(4, 12))).toBe(pieces.join("").slice(4, 12));
});

test("who reads a large file that is replaced is told, and never gets half of each", async () => {
  await using w = await world();
  const storage = w.open();
  await using _hold = await storage.hold(0);
  const large = (fill: string): Buffer => Buffer.alloc(300_000, fill);
  await storage.put("a", [large("x")]);
  await using opened = await storage.open("a");
  await storage.put("a", [large("y")]);
  await expect(text(opened!.read())).rejects.toMatchObject({
    failure: { code: "disk", message: expect.stringContaining("was replaced") },
  });
  expect(await text(opened!.read(0, 10))).toBe("x".repeat(10));
});

test("of a large file no more than a part and a piece are held; what the server can copy is not read again", async () => {
  await using w = await world();
  let [came, sent, most] = [0, 0, 0];
  const counting =
    (send: Send): Send =>
    async (request) => {
      const answer = await send(request);
      if (request.method === "PUT" && request.url.search !== "") sent += request.body?.length ?? 0;
      return answer;
    };
  const storage = w.open({ send: counting });
  await using _hold = await storage.hold(0);
  const piece = Buffer.alloc(1 << 20, "p");
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let n = 0; n < 16; n += 1) {
      came += piece.length;
      most = Math.max(most, came - sent);
      yield piece;
    }
  };
  w.front.requests.length = 0;
  const { name, bytes: size } = await storage.put((sha256) => `attachments/${sha256.slice(0, 2)}/${sha256}`, pieces());
  expect(size).toBe(16 << 20);
  expect(most).toBeLessThanOrEqual((5 << 20) + piece.length);
  expect(w.front.requests.filter(({ method }) => method === "GET")).toEqual([]);
  expect((await w.front.contentOf(w.key(name))).length).toBe(size);
  expect(await w.front.keys(w.key(".new/"))).toEqual([]);
});

test("listings come in pages", async () => {
  await using w = await world();
  w.front.settings.pageSize = 3;
  const storage = w.open();
  await using _hold = await storage.hold(0);
  const names = Array.from({ length: 8 }, (_, n) => `a/${n} +&é`);
  for (const name of names) await storage.put(() => name, [bytes("x")]);
  for (const name of names) await storage.put(name.slice(2), [bytes("x")]);
  expect((await Array.fromAsync(storage.namesIn("a"))).toSorted()).toEqual(names);
  expect((await storage.list())!.filter((one) => !one.name.startsWith(".")).map((one) => one.name)).toEqual(
    names.map((name) => name.slice(2)),
  );
});

test.each<[string, (w: Awaited<ReturnType<typeof world>>) => Storage, string]>([
  ["a key that is not known", (w) => w.open({ signer: { keyId: "OTHER" } }), "The keys for s3://"],
  ["a wrong secret", (w) => w.open({ signer: { secret: "guessed" } }), "(SignatureDoesNotMatch)"],
  ["a session token that is missing", (w) => w.open({ signer: { sessionToken: "other" } }), "(InvalidToken)"],
  ["another region", (w) => w.open({ signer: { region: "us-east-1" } }), "lies in another region"],
  [
    "no right to write",
    (w) => {
      w.front.settings.faultOf = ({ method }) => (method === "PUT" ? { status: 403, code: "AccessDenied" } : undefined);
      return w.open();
    },
    "This may not be written",
  ],
])("%s is told in words that hold no secret", async (_, open, told) => {
  await using w = await world();
  const storage = open(w);
  const error: unknown = await storage.hold(0).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ failure: { code: "disk", message: expect.stringContaining(told) } });
  expect(JSON.stringify(error)).not.toContain(w.front.signer.secret);
});

test("a clock that is wrong by an hour is put right by the server's", async () => {
  await using w = await world();
  w.front.settings.skewMs = 3_600_000;
  const storage = w.open();
  await using hold = await storage.hold(0);
  expect(hold).toBeDefined();
});

test("keys of a role are signed with their session token", async () => {
  await using w = await world({ sessionToken: "quiet" });
  await using hold = await w.open().hold(0);
  expect(hold).toBeDefined();
});

/** Gives everything to everybody, as a state of its own does. */
function free(): Holds {
  return {
    canBeLost: false,
    isHeld: async () => false,
    take: async () => ({
      number: 1,
      signal: new AbortController().signal,
      confirm: async () => {},
      async [Symbol.asyncDispose]() {},
    }),
  };
}
