import { expect, test } from "vitest";

import { exportedSoFar } from "./exported-so-far.ts";

const batch = { file: "emails_batch_1.json", count: 3, bytes: 100, sha256: "" };
const mbox = { format: "mbox", file: "emails_batch_1.mbox", bytes: 40, sha256: "" } as const;

test("everything that lies in the directory is counted once: batches, what is beside them, attachments, originals in files", () => {
  const held = {
    batches: [{ ...batch, files: [mbox] }, batch],
    attachments: { stored: 9, bytes: 9_000, blobs: 2, blobBytes: 1_000 },
    originals: { count: 6, bytes: 50_000 },
    complete: true,
  };
  expect(exportedSoFar({ ...held, formats: ["mbox"] })).toEqual({ messages: 6, bytes: 1_240, complete: true });
  expect(exportedSoFar({ ...held, formats: ["eml", "mbox"] })).toMatchObject({ bytes: 51_240 });
  expect(exportedSoFar({ batches: [], complete: false })).toEqual({ messages: 0, bytes: 0, complete: false });
});
