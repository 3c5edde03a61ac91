import { describe, expect, test } from "vitest";

import type { Manifest } from "../../core/export/manifest.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { Facts, Folder, Listener } from "../facts.ts";
import { ADA, faults, finding, HEALTHY, never, NOW, PRIVATE, refused, set, SETTINGS } from "../testing.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };

/** An export that was complete, of a mailbox that has moved on since and has 345 messages more. */
const EXPORTED: Partial<Manifest> = {
  complete: true,
  total_emails: 12_000,
  max_emails: null,
  filter: EVERYTHING,
  historyId: "0",
};

describe("the program and its settings", () => {
  test("an older Node is a fault", async () => {
    expect(await finding("node", { nodeVersion: "v22.20.0" })).toMatchObject({
      status: "fail",
      what: "Node v22.20.0 is too old",
      next: expect.stringContaining("https://nodejs.org"),
    });
  });

  test("settings that cannot be used are told all at once, and only what stands on them is left out", async () => {
    const problems = [
      { setting: "PORT", problem: "PORT must be a whole number" },
      { setting: "GMAIL_API_URL", problem: "GMAIL_API_URL must be an https URL" },
    ];
    expect(await finding("settings", set({ problems }))).toMatchObject({
      status: "fail",
      what: "These settings cannot be used: PORT must be a whole number; GMAIL_API_URL must be an https URL",
    });
    const profile = (): Promise<never> => Promise.reject(new Error("Gmail is asked"));
    expect(await faults({ ...set({ problems }), profile })).toEqual({
      settings: "fail",
      redirect_uri: "skipped",
      port: "skipped",
      host_gmail: "skipped",
      gmail: "skipped",
      disk_room: "skipped",
    });
  });

  test("scopes that do not reach the mail are a fault", async () => {
    const asked = (scope: string) =>
      finding("scopes_asked", set({ scopes: [`https://www.googleapis.com/auth/${scope}`] }));
    expect(await asked("gmail.labels")).toMatchObject({
      status: "fail",
      next: expect.stringContaining("gmail.readonly"),
    });
    expect(await asked("gmail.metadata")).toMatchObject({ status: "fail", what: expect.stringContaining("metadata") });
    expect(await asked("gmail.modify")).toMatchObject({ status: "ok" });
  });
});

describe("the port", () => {
  const by =
    (listeners: Readonly<Record<string, Listener>>): Facts["listener"] =>
    async (host) =>
      listeners[host] ?? "nobody";

  test("may be free, or ours", async () => {
    expect((await finding("port", {})).what).toBe("Nobody listens on 127.0.0.1:8000");
    expect(await finding("port", { listener: by({ "127.0.0.1": "gmail-export" }) })).toMatchObject({
      status: "ok",
      what: "gmail-export itself listens on 127.0.0.1:8000",
    });
  });

  test.each(["127.0.0.1", "::1"])("is a fault when another program has it on %s", async (host) => {
    const found = await finding("port", { listener: by({ [host]: "another program" }) });
    expect(found).toMatchObject({ status: "fail", next: expect.stringContaining("lsof -i :8000") });
  });

  test("a machine without IPv6 is none the worse; an address or a port that cannot be had is a fault", async () => {
    expect(await faults({ listener: by({ "::1": { fault: "EADDRNOTAVAIL" } }) })).toEqual({});
    const elsewhere = { ...set({ host: "10.9.9.9" }), listener: by({ "10.9.9.9": { fault: "EADDRNOTAVAIL" } }) };
    expect(await finding("port", elsewhere)).toMatchObject({ status: "fail", next: expect.stringContaining("HOST") });
    const low = { ...set({ port: 80 }), listener: by({ "127.0.0.1": { fault: "EACCES" } }) };
    expect(await finding("port", low)).toMatchObject({ status: "fail", next: expect.stringContaining("1024") });
  });
});

describe("the clock", () => {
  const ahead = (ms: number): Partial<Facts> => ({
    reach: async () => ({ answered: true, status: 200, date: NOW - ms - 500 }),
  });

  test.each([
    [0, "ok"],
    [-59_000, "ok"],
    [61_000, "warn"],
    [-299_000, "warn"],
    [301_000, "fail"],
    [-3_600_000, "fail"],
  ])("%d ms ahead is %s", async (ms, status) => {
    const found = await finding("clock", ahead(ms));
    expect(found.status).toBe(status);
    if (status !== "ok") expect(found.what).toContain(ms > 0 ? "ahead" : "behind");
  });

  test("is told in the unit that people would use", async () => {
    expect((await finding("clock", ahead(34_560_000_000))).what).toContain("400 days ahead");
    expect((await finding("clock", ahead(-10_000_000))).what).toContain("3 hours behind");
  });

  test("is not compared where no server tells the time", async () => {
    expect(
      await finding("clock", { reach: async () => ({ answered: true, status: 200, date: undefined }) }),
    ).toMatchObject({
      status: "skipped",
    });
  });
});

describe("the disk", () => {
  test.each(["token_dir", "state_dir", "export_dir"] as const)("%s must be writable, and private", async (id) => {
    const dir = { token_dir: SETTINGS.tokenDir, state_dir: SETTINGS.stateDir, export_dir: SETTINGS.exportDir }[id];
    const where = (folder: Folder): Partial<Facts> => ({ folder: async (path) => (path === dir ? folder : PRIVATE) });
    const word = dir.includes(" ") ? `'${dir}'` : dir;

    const shared = where({ ...PRIVATE, permissions: 0o755 });
    expect(await finding(id, shared)).toMatchObject({ status: "warn", next: `chmod 700 ${word}` });
    expect((await finding(id, shared)).what).toContain("mode 755");
    expect(await faults(shared)).toEqual({ [id]: "warn" });

    for (const code of ["EACCES", "EROFS", "ENOTDIR"]) {
      const closed = await finding(id, where({ ...PRIVATE, fault: code }));
      expect(closed).toMatchObject({ status: "fail", what: expect.stringContaining(code) });
      expect(closed.next).toContain(id.toUpperCase());
    }
    expect(await finding(id, where({ exists: false, fault: undefined, permissions: undefined }))).toMatchObject({
      status: "ok",
      what: expect.stringContaining("will be made"),
    });
  });

  test("must have room for what is not exported yet", async () => {
    const profile = async () => ({ ...(await HEALTHY.profile(ADA, never)), messagesTotal: 2_000_000 });
    expect(await finding("disk_room", { profile })).toMatchObject({
      status: "warn",
      what: expect.stringMatching(/^62 GB free in .* about 100 GB needed for 2,000,000 messages/),
    });
    const manifest = { total_emails: 1_000_000, max_emails: null, filter: ALL } as Manifest;
    expect(await finding("disk_room", { profile, manifest: async () => manifest })).toMatchObject({
      status: "ok",
      what: expect.stringMatching(/ about 50 GB needed for 1,000,000 messages that are not exported yet, at /),
    });
    const unreadable = { profile, manifest: refused("forbidden") };
    expect(await finding("disk_room", unreadable)).toMatchObject({ status: "warn" });
    expect(await finding("disk_room", { room: async () => undefined })).toMatchObject({ status: "skipped" });
  });

  test.each<[string, Partial<Manifest>, string]>([
    [
      "nothing where all is exported, and nothing happened since",
      { historyId: "1" },
      "; about 0 kB needed for 0 messages",
    ],
    ["at most what is not there, where spam and trash stay out", {}, "; at most about 17 MB needed for 345 messages"],
    ["what came, where all is wanted", { filter: ALL }, "; about 17 MB needed for 345 messages"],
    [
      "not less because of what is deleted in Gmail, and here",
      {
        filter: ALL,
        deleted: [
          { id: "a", seenAt: "" },
          { id: "b", seenAt: "", pruned: true },
        ],
      },
      "; about 17 MB needed for 346 messages",
    ],
    ["nothing where chosen messages are exported", { filter: { ...EVERYTHING, query: "is:unread" } }, "for 0 messages"],
    ["nothing where the newest are exported", { max_emails: 12_000 }, "for 0 messages"],
    ["at most all, where these are not complete", { max_emails: 12_000, complete: false }, "at most about 17 MB"],
  ])("must have room for %s", async (_, changes, what) => {
    const manifest = { ...EXPORTED, ...changes } as Manifest;
    expect((await finding("disk_room", { manifest: async () => manifest })).what).toContain(what);
  });

  test("needs room for all accounts together", async () => {
    const several = { signedIn: async () => ({ accounts: [ADA, ADA, ADA], stored: 3 }) };
    expect((await finding("disk_room", several)).what).toContain("37,035 messages");
  });
});
