import { join } from "node:path";

import type { PrivateFiles } from "../../core/ports/private-files.ts";
import type { RecentCalls, RecentMinute } from "../../core/ports/recent-calls.ts";
import { recentMinute, recentName } from "../rows/recent-minute.ts";

/** What was sent a moment ago: a file for each client id and account, whose name tells neither. */
export function recentCalls(folder: string, files: PrivateFiles): RecentCalls {
  const pathOf = (clientId: string, account: string): string => join(folder, `${recentName(clientId, account)}.json`);
  const writing = new Map<string, Promise<void>>();
  return {
    async read(clientId, account) {
      try {
        return recentMinute.parse(JSON.parse(await files.readFile(pathOf(clientId, account)))) satisfies RecentMinute;
      } catch {
        return undefined;
      }
    },
    keep(clientId, account, recent) {
      const path = pathOf(clientId, account);
      const write = async (): Promise<void> => {
        await files.privateFolder(folder);
        await files.replaceFile(path, `${JSON.stringify(recent)}\n`);
      };
      const written = (writing.get(path) ?? Promise.resolve()).then(write).catch(() => {});
      writing.set(path, written);
      return written;
    },
  };
}
