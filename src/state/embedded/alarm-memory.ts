import { dirname } from "node:path";

import type { AlarmMemory, AlarmRecord } from "../../core/ports/alarm-memory.ts";
import type { Lock } from "../../core/ports/lock.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import { alarmRecord } from "../rows/alarm-record.ts";

/** What is remembered of alarms, in a file of STATE_DIR, with a lock beside it. */
export function alarmMemory(path: string, files: PrivateFiles, lock: Lock): AlarmMemory {
  const read = async (): Promise<AlarmRecord> => {
    try {
      return alarmRecord.parse(JSON.parse(await files.readFile(path)));
    } catch {
      return {};
    }
  };
  return {
    read,
    async exclusively(work, signal) {
      await files.privateFolder(dirname(path));
      await using held = await lock(`${path}.lock`, 0, signal);
      if (held === undefined) return false;
      await work(await read(), (next) => files.replaceFile(path, `${JSON.stringify(next)}\n`));
      return true;
    },
  };
}
