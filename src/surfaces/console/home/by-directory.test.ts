import { expect, test } from "vitest";

import { RUNNING_EXPORT } from "../../http/contract/examples.ts";
import { NewExport } from "../../http/exports/new-export.ts";
import type { Export } from "../exports-api.ts";
import { byDirectory, offersFor, sameAgain } from "./by-directory.ts";

const run = (id: string, output_directory: string, state: Export["state"] = "completed"): Export =>
  ({ ...RUNNING_EXPORT, id, output_directory, state }) as unknown as Export;

test("a directory is one row, with the newest run first and its earlier ones inside", () => {
  const rows = byDirectory([run("4", "/a", "running"), run("3", "/b"), run("2", "/a"), run("1", "/a", "cancelled")]);
  expect(rows.map(({ newest, earlier }) => [newest.id, earlier.map(({ id }) => id)])).toEqual([
    ["4", ["2", "1"]],
    ["3", []],
  ]);
});

test("what is offered fits how the newest run stands", () => {
  expect(offersFor(run("1", "/a", "running"))).toEqual([]);
  expect(offersFor(run("1", "/a", "completed"))).toEqual(["update", "verify", "remove"]);
  expect(offersFor(run("1", "/a", "cancelled"))).toEqual(["go_on", "remove"]);
  expect(offersFor(run("1", "/a", "paused"))).toEqual(["resume"]);
});

test("the same again is what the server takes for a new export", () => {
  expect(NewExport.parse(sameAgain(run("1", "/a")))).toMatchObject({
    email: RUNNING_EXPORT.email,
    output_dir: "/a",
    max_emails: null,
    batch_size: 5_000,
  });
});
