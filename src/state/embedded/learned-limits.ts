import { dirname } from "node:path";

import { z } from "zod";

import type { LearnedLimit, LearnedLimits } from "../../core/ports/learned-limits.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import { learnedLimit } from "../rows/learned-limit.ts";

/** What was learned of each Cloud project, in a file of STATE_DIR. */
export function learnedLimits(path: string, files: PrivateFiles): LearnedLimits {
  const readAll = async (): Promise<Record<string, LearnedLimit>> => {
    const found = z
      .record(z.string(), learnedLimit)
      .safeParse(JSON.parse(await files.readFile(path).catch(() => "{}")));
    return found.success ? found.data : {};
  };
  let writing: Promise<void> = Promise.resolve();
  return {
    async read(clientId) {
      const known = await readAll().catch(() => ({}));
      return new Map(Object.entries(known)).get(clientId); // an id may be named like a property of every object
    },
    remember(clientId, learned) {
      const write = async (): Promise<void> => {
        await files.privateFolder(dirname(path));
        const known = await readAll().catch(() => ({}));
        await files.replaceFile(path, `${JSON.stringify({ ...known, [clientId]: learned })}\n`);
      };
      writing = writing.then(write).catch(() => {});
      return writing;
    },
  };
}
