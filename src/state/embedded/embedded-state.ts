import { access } from "node:fs/promises";
import { join } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { Lock } from "../../core/ports/lock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { State } from "../../core/ports/state.ts";
import type { Secret } from "../../core/secret.ts";
import { keyInSettings } from "../grants/key-in-settings.ts";
import type { KeyHolder } from "../grants/keys.ts";
import { rotateKey } from "../grants/rotate-key.ts";
import { assertNotMoved } from "../move/move-mark.ts";
import { alarmMemory } from "./alarm-memory.ts";
import { embeddedBudget } from "./budget.ts";
import { existingKeyInFile, keyInFile } from "./grants/key-in-file.ts";
import { keyInKeyring } from "./grants/key-in-keyring.ts";
import { newestGrantsIn } from "./grants/newest-grants.ts";
import { sealedGrants } from "./grants/sealed-grants.ts";
import { embeddedJobQueue } from "./job-queue.ts";
import { learnedLimits } from "./learned-limits.ts";
import { readMark } from "./moved-mark.ts";
import { pendingSignIns } from "./pending-sign-ins.ts";
import { recentCalls } from "./recent-calls.ts";

/** Where the state lies, and what it is made with. */
export type EmbeddedOptions = Readonly<{
  settings: Readonly<{
    stateDir: string;
    tokenDir: string;
    projectUnitsPerMinute: number;
    encryptionKey: Secret | "keyring" | undefined;
    formerEncryptionKey: Secret | undefined;
  }>;
  /** A key that is missing is not made. */
  onlyLooks: boolean;
  /** The name under which this process runs exports. */
  worker: string;
  clock: Clock;
  log?: Pick<Log, "warn"> | undefined;
  files: PrivateFiles;
  lock: Lock;
  holds: Holds;
}>;

/** The state of one machine: SQLite, and private files in STATE_DIR and TOKEN_DIR. */
export function embeddedState(options: EmbeddedOptions): State {
  const { settings, worker, clock, log, files, lock, holds } = options;
  const { stateDir, tokenDir, projectUnitsPerMinute } = settings;
  const key = keyHolder(options);
  const grants = sealedGrants(tokenDir, key.keys, lock, files, newestGrantsIn(join(stateDir, "grants"), files));
  const queue = embeddedJobQueue(stateDir, clock, log, worker);
  return {
    async prepare() {
      assertNotMoved(await readMark(stateDir, files), "folder", stateDir);
      await key.keys();
    },
    hasQueue: () =>
      access(join(stateDir, "exports.sqlite")).then(
        () => true,
        () => false,
      ),
    queue,
    grants,
    async rotateKey(signal) {
      await using held = await lock(join(stateDir, "key.lock"), 0, signal);
      if (held === undefined)
        throw refuse("not_in_this_state", "Another process is changing the key.", "Wait until it has ended.");
      return rotateKey(key, grants, signal);
    },
    pendingSignIns: pendingSignIns(clock),
    limits: learnedLimits(join(stateDir, "limits.json"), files),
    recent: recentCalls(join(stateDir, "recent"), files),
    budget: embeddedBudget(projectUnitsPerMinute, clock),
    alarms: alarmMemory(join(stateDir, "alarms.json"), files, lock),
    holds,
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

/** Where the settings say that the key of the grants is; a file when they say nothing. */
function keyHolder({ settings, onlyLooks, files }: EmbeddedOptions): KeyHolder {
  const { encryptionKey, formerEncryptionKey, stateDir } = settings;
  if (encryptionKey === "keyring") return keyInKeyring(stateDir);
  if (encryptionKey !== undefined) return keyInSettings(encryptionKey, formerEncryptionKey);
  return (onlyLooks ? existingKeyInFile : keyInFile)(join(stateDir, "key"), files);
}
