import { randomBytes } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Grant } from "../../core/grant.ts";
import { Secret } from "../../core/secret.ts";
import { failureOfDoing, folderLock, tempFolder } from "../../google/testing.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { keyInFile } from "../embedded/grants/key-in-file.ts";
import { sealedGrants } from "../embedded/grants/sealed-grants.ts";
import { keyInSettings } from "./key-in-settings.ts";
import type { KeyHolder } from "./keys.ts";
import { rotateKey } from "./rotate-key.ts";

const never = new AbortController().signal;
const PEOPLE = ["ada@example.com", "bob@example.com"];

const grantOf = (account: string): Grant => ({
  account,
  refreshToken: new Secret("refresh"),
  accessToken: new Secret("access"),
  expiresAt: 1,
  scopes: [],
  grantedAt: 2,
});

async function stage() {
  const folder = await tempFolder();
  const path = join(folder.path, "key");
  const tokens = join(folder.path, "tokens");
  const holder = keyInFile(path, files);
  const storeWith = (keys: KeyHolder["keys"]) => sealedGrants(tokens, keys, folderLock, files);
  const store = storeWith(holder.keys);
  for (const account of PEOPLE) await store.save(grantOf(account));
  return {
    path,
    tokens,
    holder,
    store,
    storeWith,
    rotate: (by: KeyHolder = holder) => rotateKey(by, storeWith(by.keys), never),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("a new key seals every grant, and the one before opens none any more", async () => {
  await using w = await stage();
  const { current: before } = await w.holder.keys();
  expect(await w.rotate()).toEqual({ sealedAnew: 2, unopened: 0 });
  expect(await w.store.accounts()).toEqual(PEOPLE);
  await expect(stat(`${w.path}.former`)).rejects.toThrow("ENOENT");
  const withTheOldOne = w.storeWith(async () => ({ current: before, former: undefined }));
  expect(await withTheOldOne.accounts()).toEqual([]);
});

test("a store that runs meanwhile reads and writes on", async () => {
  await using w = await stage();
  const meanwhile = (async () => {
    for (let n = 0; n < 50; n += 1)
      await w.store.lockAccount(
        "ada@example.com",
        async () => {
          const grant = await w.store.load("ada@example.com");
          await w.store.save({ ...grant!, grantedAt: n });
        },
        never,
      );
  })();
  for (let n = 0; n < 5; n += 1) await w.rotate();
  await meanwhile;
  expect((await w.store.load("ada@example.com"))?.grantedAt).toBe(49);
  expect((await w.holder.keys()).former).toBeUndefined();
});

test.each(["before the key changed", "after the key changed", "with one grant sealed anew"])(
  "cut short %s, grants still open, and the same call ends it",
  async (where) => {
    await using w = await stage();
    const old = await readFile(w.path, "utf8");
    await writeFile(`${w.path}.former`, old, { mode: 0o600 });
    if (where !== "before the key changed")
      await writeFile(w.path, randomBytes(32).toString("base64"), { mode: 0o600 });
    if (where === "with one grant sealed anew") await w.store.save(grantOf("ada@example.com"));
    expect(await w.store.accounts()).toEqual(PEOPLE);
    expect(await w.rotate()).toEqual({ sealedAnew: 2, unopened: 0 });
    expect(await w.store.accounts()).toEqual(PEOPLE);
    const { current, former } = await w.holder.keys();
    expect([current.export().toString("base64") === old.trim(), former]).toEqual([false, undefined]);
  },
);

test("a grant that no key opens is left, and so is the key that may open it", async () => {
  await using w = await stage();
  await rename(join(w.tokens, "bob@example.com.grant"), join(w.tokens, "eve@example.com.grant"));
  expect(await w.rotate()).toEqual({ sealedAnew: 1, unopened: 1 });
  expect((await w.holder.keys()).former).toBeDefined();
  expect((await failureOfDoing(w.store.load("eve@example.com"))).code).toBe("grant_unreadable");
});

test("where the key is a setting, whoever sets it changes it, and the grants follow", async () => {
  await using w = await stage();
  const { current } = await w.holder.keys();
  const next = new Secret(randomBytes(32).toString("base64"));
  const former = new Secret(current.export().toString("base64"));
  expect(await w.rotate(keyInSettings(next, former))).toEqual({ sealedAnew: 2, unopened: 0 });
  expect(await w.storeWith(keyInSettings(next, undefined).keys).accounts()).toEqual(PEOPLE);
});
