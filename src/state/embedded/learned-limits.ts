import { dirname } from "node:path";

import { z } from "zod";

import type { PrivateFiles } from "../../core/private-files.ts";

const limit = z.object({
  tier: z.enum(["2026", "legacy"]),
  // What an export could live with: no damaged file may stop it, or let it go on without a limit.
  unitsPerMinute: z.number().min(60).max(1_000_000_000),
  priceFactor: z.number().min(1).max(100),
});

/** What was learned of each Cloud project, by client id. Losing it costs a few careful minutes, so nothing here ever fails an export. */
export type LearnedLimits = Readonly<{
  of(clientId: string): Promise<z.infer<typeof limit> | undefined>;
  remember(clientId: string, learned: z.infer<typeof limit>): void;
}>;

export function learnedLimits(path: string, files: PrivateFiles): LearnedLimits {
  const read = async (): Promise<Record<string, z.infer<typeof limit>>> => {
    const found = z.record(z.string(), limit).safeParse(JSON.parse(await files.readFile(path).catch(() => "{}")));
    return found.success ? found.data : {};
  };
  let writing: Promise<unknown> = Promise.resolve();
  return {
    async of(clientId) {
      const known = await read().catch(() => ({}));
      return new Map(Object.entries(known)).get(clientId); // an id may be named like a property of every object
    },
    remember(clientId, learned) {
      const write = async (): Promise<void> => {
        await files.privateFolder(dirname(path));
        const known = await read().catch(() => ({}));
        await files.replaceFile(path, `${JSON.stringify({ ...known, [clientId]: learned })}\n`);
      };
      writing = writing.then(write).catch(() => {});
    },
  };
}
