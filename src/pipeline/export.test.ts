import { expect, test } from "vitest";

import { inProcess } from "../../test/in-process.ts";
import { HoldLost } from "../core/errors.ts";
import { EVERYTHING } from "../core/mail/filter.ts";
import type { OpenDirectory } from "../core/ports/export-directory.ts";
import { fileHolds } from "../storage/folder/file-holds.ts";
import { folderStorage } from "../storage/folder/folder-storage.ts";
import { createOpenDirectory } from "./directory/open-directory.ts";
import { runExport } from "./export.ts";

/** Runs an export until some messages are there, and stops it then; how it ended, and how many checkpoints came after the stop. */
async function stopped(reason: Error): Promise<Readonly<{ end: unknown; checkpoints: number }>> {
  await using w = await inProcess();
  const stop = new AbortController();
  let checkpoints = 0;
  const open: OpenDirectory = async (...given) => {
    const directory = await createOpenDirectory(
      folderStorage(fileHolds(w.clock)),
      w.clock,
      "gmail-export test",
    )(...given);
    return {
      ...directory,
      async checkpoint() {
        if (stop.signal.aborted) checkpoints += 1;
        await directory.checkpoint();
      },
    };
  };
  const request = {
    account: "ada@example.com",
    directory: w.directory,
    maxEmails: null,
    batchSize: 60,
    filter: EVERYTHING,
  };
  const exporting = runExport(
    request,
    { source: w.source, open, clock: w.clock },
    ({ exported }) => void (exported > 20 && stop.abort(reason)),
    stop.signal,
  );
  const end = await w.clock.run(
    exporting.then(
      () => "done",
      (error: unknown) => error,
    ),
    2,
  );
  return { end, checkpoints };
}

test("who lost the export to another worker writes no checkpoint; who is stopped otherwise writes one", async () => {
  const lost = new HoldLost("Another worker has taken up this export.");
  expect(await stopped(lost)).toEqual({ end: lost, checkpoints: 0 });
  const asked = new Error("Ctrl-C");
  expect(await stopped(asked)).toEqual({ end: asked, checkpoints: 1 });
});
