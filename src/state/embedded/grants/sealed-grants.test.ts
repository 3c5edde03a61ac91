import { execFile } from "node:child_process";
import { createSecretKey, randomBytes } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { grantsContract } from "../../../../test/contracts/grants.ts";
import { accountFileName } from "../../../core/account.ts";
import type { Grant } from "../../../core/grant.ts";
import { Secret } from "../../../core/secret.ts";
import { always, failureOfDoing, folderLock, MARK, tempFolder } from "../../../google/testing.ts";
import { filesOnDisk as files } from "../../../storage/folder/private-files.ts";
import { readGrant, writeGrant } from "../../grants/grant-text.ts";
import { newestGrantsIn } from "./newest-grants.ts";
import { sealedGrants } from "./sealed-grants.ts";

const key = createSecretKey(randomBytes(32));
const never = new AbortController().signal;

const grantOf = (account: string): Grant => ({
  account,
  refreshToken: new Secret(`${MARK}-refresh-${account}`),
  accessToken: new Secret(`${MARK}-access-${account}`),
  expiresAt: 2,
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  grantedAt: 1,
});

grantsContract("embedded", async () => {
  const folder = await tempFolder();
  const newest = () => newestGrantsIn(join(folder.path, "grants"), files);
  const another = () => sealedGrants(join(folder.path, "tokens"), always(key), folderLock, files, newest());
  return { grants: another(), another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
});

test("any grant survives being written and read", () =>
  fc.assert(
    fc.property(
      fc.record(
        {
          account: fc.string(),
          refreshToken: fc.option(fc.string(), { nil: undefined }),
          accessToken: fc.string(),
          expiresAt: fc.integer(),
          scopes: fc.array(fc.string()),
          grantedAt: fc.integer(),
          revoked: fc.string(),
        },
        { requiredKeys: ["account", "refreshToken", "accessToken", "expiresAt", "scopes", "grantedAt"] },
      ),
      ({ refreshToken, accessToken, ...rest }) => {
        const read = readGrant(
          writeGrant({
            ...rest,
            refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
            accessToken: new Secret(accessToken),
          }),
        );
        expect(read).toMatchObject(rest);
        expect([read?.refreshToken?.reveal(), read?.accessToken.reveal()]).toEqual([refreshToken, accessToken]);
      },
    ),
  ));

test("grants are counted whether or not they can be opened", async () => {
  await using folder = await tempFolder();
  const root = join(folder.path, "tokens");
  const store = sealedGrants(root, always(key), folderLock, files);
  await store.save(grantOf("ada@example.com"));
  const others = sealedGrants(root, always(createSecretKey(randomBytes(32))), folderLock, files);
  expect([await others.accounts(), await others.stored()]).toEqual([[], ["ada@example.com"]]);
});

test.each([0o000, 0o077])("files are their owner's alone, umask %o", async (mask) => {
  await using folder = await tempFolder();
  const tokens = join(folder.path, "tokens");
  const before = process.umask(mask);
  try {
    await mkdir(tokens, { mode: 0o755 }); // as the person made it
    await sealedGrants(tokens, always(key), folderLock, files).save(grantOf("ada@example.com"));
  } finally {
    process.umask(before);
  }
  expect((await stat(tokens)).mode & 0o777).toBe(0o700);
  expect(await readdir(tokens)).toEqual(["ada@example.com.grant"]);
  expect((await stat(join(tokens, "ada@example.com.grant"))).mode & 0o777).toBe(0o600);
});

test("what is on disk holds no token, and a copied folder is useless without the key", async () => {
  await using folder = await tempFolder();
  await sealedGrants(folder.path, always(key), folderLock, files).save(grantOf("ada@example.com"));
  expect(await readFile(join(folder.path, "ada@example.com.grant"), "utf8")).not.toContain(MARK);
  const thief = sealedGrants(folder.path, always(createSecretKey(randomBytes(32))), folderLock, files);
  expect(await failureOfDoing(thief.load("ada@example.com"))).toMatchObject({
    code: "grant_unreadable",
    message: expect.stringMatching(/another key/),
    next: expect.stringContaining(join(folder.path, "ada@example.com.grant")),
  });
  expect(await thief.accounts()).toEqual([]);
});

test("a grant of a time that is none is refused", async () => {
  await using folder = await tempFolder();
  const store = sealedGrants(folder.path, always(key), folderLock, files);
  for (const times of [{ expiresAt: 1e300 }, { grantedAt: -1e17 }]) {
    await store.save({ ...grantOf("ada@example.com"), ...times });
    expect((await failureOfDoing(store.load("ada@example.com"))).code).toBe("grant_unreadable");
  }
});

test("a damaged file is refused and kept, and hides nobody else", async () => {
  await using folder = await tempFolder();
  const store = sealedGrants(folder.path, always(key), folderLock, files);
  await store.save(grantOf("ada@example.com"));
  await store.save(grantOf("bob@example.com"));
  const path = join(folder.path, "ada@example.com.grant");
  const damaged = (await readFile(path, "utf8")).replace(/.{8}$/, "AAAAAAAA");
  await writeFile(path, damaged);
  const failure = await failureOfDoing(store.load("ada@example.com"));
  expect(failure).toMatchObject({ code: "grant_unreadable", retry: "never" });
  expect(failure.message).not.toContain("ada");
  expect(await readFile(path, "utf8")).toBe(damaged);
  expect(await store.accounts()).toEqual(["bob@example.com"]);
  await store.save(grantOf("ada@example.com")); // signing in again mends it
  expect(await store.load("ada@example.com")).toBeDefined();
});

test("a file put in another account's place does not open", async () => {
  await using folder = await tempFolder();
  const store = sealedGrants(folder.path, always(key), folderLock, files);
  await store.save(grantOf("ada@example.com"));
  await copyFile(join(folder.path, "ada@example.com.grant"), join(folder.path, "eve@example.com.grant"));
  expect((await failureOfDoing(store.load("eve@example.com"))).code).toBe("grant_unreadable");
  await rename(join(folder.path, "eve@example.com.grant"), join(folder.path, "ada@example.com.grant"));
  expect((await store.load("ada@example.com"))?.account).toBe("ada@example.com");
});

test("an older file that is put back does not open, nor does one of before a sign-out", async () => {
  await using folder = await tempFolder();
  const tokens = join(folder.path, "tokens");
  const path = join(tokens, "ada@example.com.grant");
  const newest = newestGrantsIn(join(folder.path, "state", "grants"), files);
  const store = sealedGrants(tokens, always(key), folderLock, files, newest);
  const withoutCount = sealedGrants(tokens, always(key), folderLock, files);
  await withoutCount.save(grantOf("ada@example.com")); // as older versions wrote it
  const first = await readFile(path, "utf8");
  expect(await store.load("ada@example.com")).toBeDefined();
  await store.save(grantOf("ada@example.com"));
  const second = await readFile(path, "utf8");
  await store.save({ ...grantOf("ada@example.com"), grantedAt: 5 });
  const third = await readFile(path, "utf8");
  for (const older of [first, second]) {
    await writeFile(path, older, { mode: 0o600 });
    expect(await failureOfDoing(store.load("ada@example.com"))).toMatchObject({
      code: "grant_unreadable",
      message: expect.stringContaining("older file was put back"),
      next: expect.stringContaining("Sign in again"),
    });
    expect(await store.accounts()).toEqual([]);
  }
  await writeFile(path, third, { mode: 0o600 });
  expect((await store.load("ada@example.com"))?.grantedAt).toBe(5);
  await store.remove("ada@example.com");
  await writeFile(path, third, { mode: 0o600 });
  expect((await failureOfDoing(store.load("ada@example.com"))).code).toBe("grant_unreadable");
  await store.save({ ...grantOf("ada@example.com"), grantedAt: 7 }); // who signs in again is signed in
  expect((await store.load("ada@example.com"))?.grantedAt).toBe(7);
});

test("a grant that was stored just before the power went is newer than what is known, and opens", async () => {
  await using folder = await tempFolder();
  const newest = newestGrantsIn(join(folder.path, "grants"), files);
  const store = sealedGrants(join(folder.path, "tokens"), always(key), folderLock, files, newest);
  await store.save(grantOf("ada@example.com"));
  const forgetful = { read: newest.read, remember: () => Promise.reject(new Error("the power is off")) };
  const cut = sealedGrants(join(folder.path, "tokens"), always(key), folderLock, files, forgetful);
  await failureOfDoing(cut.save({ ...grantOf("ada@example.com"), grantedAt: 3 }));
  expect((await store.load("ada@example.com"))?.grantedAt).toBe(3);
  await store.save({ ...grantOf("ada@example.com"), grantedAt: 4 });
  expect((await store.load("ada@example.com"))?.grantedAt).toBe(4);
});

test("a folder that cannot be written is named", async () => {
  await using folder = await tempFolder();
  await writeFile(join(folder.path, "file"), "");
  const store = sealedGrants(join(folder.path, "file"), always(key), folderLock, files);
  const failure = await failureOfDoing(store.save(grantOf("ada@example.com")));
  expect(failure).toMatchObject({ code: "disk", message: expect.stringMatching(/file cannot be used \(E[A-Z]+\)/) });
});

test("every account has a name of its own, short, that stays in the folder", () =>
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.string({ unit: "grapheme", maxLength: 300 }),
      (a, b) => {
        expect(accountFileName(a)).toMatch(/^[a-z0-9@._+%~-]{0,120}$/);
        expect(accountFileName(a) === accountFileName(b)).toBe(a.toLowerCase() === b.toLowerCase());
      },
    ),
  ));

test("names are readable, and those that look like paths are not paths", () => {
  expect(accountFileName("Ada.L+mail@example.com")).toBe("ada.l+mail@example.com");
  expect(accountFileName("../../etc/passwd")).toBe("..%2f..%2fetc%2fpasswd");
  const long = "a".repeat(200);
  expect(accountFileName(`${long}@x.com`)).not.toBe(accountFileName(`${long}@y.com`));
});

test("a lock that stays held ends in a failure that may be tried again", async () => {
  await using folder = await tempFolder();
  const store = sealedGrants(folder.path, always(key), async () => undefined, files);
  expect(await failureOfDoing(store.lockAccount("ada@example.com", async () => undefined, never))).toMatchObject({
    code: "timeout",
    retry: "backoff",
  });
});

test("processes on one folder take turns", async () => {
  await using folder = await tempFolder();
  const script = `
    const { sealedGrants } = await import(${JSON.stringify(new URL("sealed-grants.ts", import.meta.url).href)});
    const { always, folderLock } = await import(${JSON.stringify(new URL("../../../google/testing.ts", import.meta.url).href)});
    const { filesOnDisk: files } = await import(${JSON.stringify(new URL("../../../storage/folder/private-files.ts", import.meta.url).href)});
    const { createSecretKey } = await import("node:crypto");
    const store = sealedGrants(process.argv[1], always(createSecretKey(Buffer.alloc(32))), folderLock, files);
    for (let n = 0; n < 10; n += 1)
      await store.lockAccount("ada@example.com", async () => {
        const grant = await store.load("ada@example.com");
        await store.save({ ...grant, grantedAt: grant.grantedAt + 1 });
      }, new AbortController().signal);`;
  const store = sealedGrants(folder.path, always(createSecretKey(Buffer.alloc(32))), folderLock, files);
  await store.save({ ...grantOf("ada@example.com"), grantedAt: 0 });
  const args = ["--input-type=module", "-e", script, folder.path];
  await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)));
  expect((await store.load("ada@example.com"))?.grantedAt).toBe(30);
});
