import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { newDatabase } from "../../../test/postgres.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { systemClock as clock } from "../../clock.ts";
import type { State } from "../../core/ports/state.ts";
import type { StoredState } from "../../core/ports/stored-state.ts";
import { Secret } from "../../core/secret.ts";
import { fileHolds, lockFileIn } from "../../storage/folder/file-holds.ts";
import { fileLock } from "../../storage/folder/lock.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { embeddedState } from "../embedded/embedded-state.ts";
import { storedFolder } from "../embedded/stored-folder.ts";
import { postgresState } from "../postgres/postgres-state.ts";
import { storedDatabase } from "../postgres/stored-database.ts";

export const newKey = (): Secret => new Secret(randomBytes(32).toString("base64"));

/** A place of a state, as who moves it has it and as a server or a worker does. */
export type Place = AsyncDisposable &
  Readonly<{
    /** Both are closed by the caller. */
    stored(): StoredState;
    open(): State;
  }>;

export async function folderPlace(encryptionKey: Secret): Promise<Place & Readonly<{ path: string }>> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await scratchFolder());
  const [stateDir, tokenDir] = [join(path, "state"), join(path, "tokens")];
  const settings = { stateDir, tokenDir, encryptionKey, formerEncryptionKey: undefined, projectUnitsPerMinute: 6_000 };
  const common = { settings, clock, files, lock: fileLock(clock) };
  const holds = fileHolds(clock, undefined, lockFileIn(stateDir));
  const kept = opened.move();
  return {
    path,
    stored: () => storedFolder({ ...common, holds }),
    open: () => embeddedState({ ...common, holds, onlyLooks: false, worker: "here/1" }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export async function databasePlace(encryptionKey: Secret): Promise<Place & Readonly<{ url: string }>> {
  const url = await newDatabase();
  const settings = { databaseUrl: new Secret(url), encryptionKey, formerEncryptionKey: undefined };
  return {
    url,
    stored: () => storedDatabase({ settings, clock }),
    open: () =>
      postgresState({
        settings: { ...settings, projectUnitsPerMinute: 6_000 },
        onlyLooks: false,
        worker: "here/1",
        clock,
      }),
    [Symbol.asyncDispose]: async () => {}, // with the server of the whole run
  };
}
