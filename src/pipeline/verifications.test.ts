import { expect, test } from "vitest";

import { refuse } from "../core/errors.ts";
import { createVerifications, type Verifications } from "./verifications.ts";
import type { Verdict, VerifyProgress } from "./verify.ts";

const VERDICT: Verdict = {
  sound: true,
  manifest: {} as Verdict["manifest"],
  findings: [],
  deletedSince: [],
  unprovenLabels: [],
};

type Run = Readonly<{
  directory: string;
  online: boolean;
  report: (progress: VerifyProgress) => void;
  end: (verdict: Verdict) => void;
  fail: (error: unknown) => void;
}>;

function checks(): { verifications: Verifications; runs: Run[] } {
  const runs: Run[] = [];
  const verifications = createVerifications(
    (directory, online, report, signal) =>
      new Promise((end, fail) => {
        signal.addEventListener("abort", () => fail(signal.reason));
        runs.push({ directory, online, report, end, fail });
      }),
    { now: () => 7 },
  );
  return { verifications, runs };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one check runs at a time for each directory; the same asked again is the same, the other kind is refused", async () => {
  const { verifications, runs } = checks();
  const first = verifications.start("/a", false);
  expect(first).toMatchObject({ state: "running", online: false, startedAt: 7 });
  verifications.start("/a", false);
  expect(() => verifications.start("/a", true)).toThrow(
    expect.objectContaining({ message: expect.stringContaining("/a") }),
  );
  verifications.start("/b", true);
  expect(runs.map(({ directory, online }) => [directory, online])).toEqual([
    ["/a", false],
    ["/b", true],
  ]);
  runs[0]!.end(VERDICT);
  await settled();
  expect(verifications.find("/a")).toMatchObject({ state: "completed", verdict: VERDICT, endedAt: 7 });
  expect(verifications.start("/a", true)).toMatchObject({ state: "running", online: true });
});

test("it tells how far it is, and what it was stopped by; what is not ours says nothing of its inside", async () => {
  const { verifications, runs } = checks();
  expect(verifications.find("/a")).toBeUndefined();
  verifications.start("/a", false);
  runs[0]!.report({ stage: "files", records: 500, of: 1_000, listed: 0 });
  expect(verifications.find("/a")?.progress).toMatchObject({ records: 500, of: 1_000 });
  runs[0]!.fail(refuse("directory_damaged", "There is none.", "Look."));
  await settled();
  expect(verifications.find("/a")).toMatchObject({ state: "failed", failure: { code: "directory_damaged" } });
  verifications.start("/a", false);
  runs[1]!.fail(new TypeError("a subject of a mail"));
  await settled();
  expect(JSON.stringify(verifications.find("/a"))).not.toContain("subject");
});

test("all end with the program", async () => {
  const { verifications } = checks();
  verifications.start("/a", false);
  await verifications.close();
  expect(verifications.find("/a")).toMatchObject({ state: "failed" });
});
