import { join } from "node:path";

import { expect } from "vitest";

import type { SimulatedGoogle } from "../simulator/google.ts";
import { systemClock as clock } from "../src/clock.ts";
import { accounts } from "../src/google/accounts.ts";
import { readCredentials } from "../src/google/credentials.ts";
import { keyInFile } from "../src/state/embedded/grants/key-in-file.ts";
import { newestGrantsIn } from "../src/state/embedded/grants/newest-grants.ts";
import { sealedGrants } from "../src/state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../src/state/embedded/pending-sign-ins.ts";
import { fileLock } from "../src/storage/folder/lock.ts";
import { filesOnDisk as files } from "../src/storage/folder/private-files.ts";
import { openBrowser } from "./browser.ts";
import type { Product } from "./product.ts";

/**
 * An account signs in as with `gmail-export login`, by the program's parts themselves: where signing in is not what is
 * tested, a process for it is the dearest part of a test.
 */
export async function signInAt({ folder, origin }: Product, google: SimulatedGoogle, account: string): Promise<void> {
  const state = join(folder, "state");
  const people = accounts({
    credentials: () => readCredentials(join(folder, "credentials.json")),
    store: sealedGrants(
      join(folder, "tokens"),
      keyInFile(join(state, "key"), files).keys,
      fileLock(clock),
      files,
      newestGrantsIn(join(state, "grants"), files),
    ),
    clock,
    scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
    redirectUri: `${origin}/auth/callback`,
    pending: pendingSignIns(clock),
    whoami: async () => account,
  });
  expect(google.accounts).toContain(account);
  const { url, browserKey } = await people.begin(account);
  const back = new URL((await openBrowser().visit(url, ({ searchParams }) => searchParams.has("code"))).url);
  await people.finish(Object.fromEntries(back.searchParams), browserKey, new AbortController().signal);
}
