import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { codeOf } from "../../core/bare-cause.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { JobPosition } from "../../core/ports/job-queue.ts";
import type { LearnedLimit } from "../../core/ports/learned-limits.ts";
import type { Lock } from "../../core/ports/lock.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { RecentMinute } from "../../core/ports/recent-calls.ts";
import type { StoredState } from "../../core/ports/stored-state.ts";
import type { Secret } from "../../core/secret.ts";
import { keyInSettings } from "../grants/key-in-settings.ts";
import { inUse } from "../move/in-use.ts";
import { validEntries } from "../move/valid-entries.ts";
import { learnedLimit } from "../rows/learned-limit.ts";
import { recentMinute } from "../rows/recent-minute.ts";
import { readJson } from "../rows/stored-values.ts";
import { alarmMemory } from "./alarm-memory.ts";
import { databaseThread } from "./database-thread.ts";
import { newestGrantsIn } from "./grants/newest-grants.ts";
import { sealedGrants } from "./grants/sealed-grants.ts";
import { readMark, writeMark } from "./moved-mark.ts";

type Options = Readonly<{
  settings: Readonly<{
    stateDir: string;
    tokenDir: string;
    encryptionKey: Secret;
    formerEncryptionKey: Secret | undefined;
  }>;
  clock: Clock;
  files: PrivateFiles;
  lock: Lock;
  holds: Holds;
}>;

/** A file name of `recentCalls`. */
const RECENT = /^([0-9a-f]{64})\.json$/;

/** Directories whose holds are looked at together. */
const EXPORTS_AT_ONCE = 500;

/** The state of a deployment in STATE_DIR and TOKEN_DIR, for who moves it. */
export function storedFolder({ settings, clock, files, lock, holds }: Options): StoredState {
  const { stateDir, tokenDir, encryptionKey, formerEncryptionKey } = settings;
  const { keys } = keyInSettings(encryptionKey, formerEncryptionKey);
  const { call, close } = databaseThread(stateDir);
  const limitsFile = join(stateDir, "limits.json");
  const recentFolder = join(stateDir, "recent");

  async function* exports(pageSize: number) {
    let after: JobPosition | undefined;
    for (;;) {
      const { entries, last } = await call("storedExports", after, pageSize);
      if (!last) return;
      yield entries;
      after = last;
    }
  }

  /** Whether somebody writes to a directory of ours: the command line does so without the list of exports. */
  const isWriting = async (): Promise<boolean> => {
    const places = new Set((await call("storedSchedules")).map(({ directory }) => directory));
    for await (const entries of exports(EXPORTS_AT_ONCE)) for (const { directory } of entries) places.add(directory);
    for (const place of places) if (await holds.isHeld(place)) return true;
    return false;
  };

  const recentNames = async (): Promise<readonly string[]> => {
    const found = await readdir(recentFolder).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    });
    return found.flatMap((file) => RECENT.exec(file)?.[1] ?? []);
  };
  const recentPath = (name: string): string => join(recentFolder, `${name}.json`);
  const readText = (path: string): Promise<string> => files.readFile(path).catch(() => ""); // worth nothing then

  return {
    kind: "folder",
    place: stateDir,
    async prepare() {
      await keys();
      await files.privateFolder(stateDir);
    },
    readMark: () => readMark(stateDir, files),
    writeMark: (mark) => writeMark(stateDir, files, mark),
    async assertAtRest() {
      if (!(await call("isAtRest", clock.now())) || (await isWriting())) throw inUse(stateDir);
    },
    holdMove: () => lock(join(stateDir, "move.lock"), 0),
    exports,
    addExports: (entries) => call("addStoredExports", entries),
    schedules: () => call("storedSchedules"),
    addSchedules: (entries) => call("addStoredSchedules", entries),
    clear: () => call("clearStored"),
    async limits() {
      const stored = readJson(await readText(limitsFile));
      return validEntries<LearnedLimit>(Object.entries(stored ?? {}), learnedLimit);
    },
    replaceLimits: (limits) => files.replaceFile(limitsFile, `${JSON.stringify(Object.fromEntries(limits))}\n`),
    async recent() {
      const found: [name: string, minute: unknown][] = [];
      for (const name of await recentNames()) found.push([name, readJson(await readText(recentPath(name)))]);
      return validEntries<RecentMinute>(found, recentMinute);
    },
    async replaceRecent(recent) {
      await files.privateFolder(recentFolder);
      for (const name of await recentNames()) if (!recent.has(name)) await files.removeFile(recentPath(name));
      for (const [name, minute] of recent)
        if (RECENT.test(`${name}.json`)) await files.replaceFile(recentPath(name), `${JSON.stringify(minute)}\n`);
    },
    grants: sealedGrants(tokenDir, keys, lock, files, newestGrantsIn(join(stateDir, "grants"), files)),
    alarms: alarmMemory(join(stateDir, "alarms.json"), files, lock),
    [Symbol.asyncDispose]: close,
  };
}
