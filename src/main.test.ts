import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../test/scratch.ts";
import { readConfig } from "./config.ts";
import { failureOf } from "./core/errors.ts";
import { compose, OPENERS } from "./main.ts";

/** The real parts, each of which writes down when it is closed. */
function watched() {
  const closed: string[] = [];
  const noting = (name: string, close: () => Promise<void>) => async (): Promise<void> => {
    closed.push(name);
    await close();
  };
  const opening: typeof OPENERS = {
    async openState(...given) {
      const state = await OPENERS.openState(...given);
      const close = async (): Promise<void> => state[Symbol.asyncDispose]();
      return { ...state, [Symbol.asyncDispose]: noting("state", close) };
    },
    connect(...given) {
      const way = OPENERS.connect(...given);
      return { ...way, close: noting("way to Google", way.close) };
    },
    indexedRecords(...given) {
      const records = OPENERS.indexedRecords(...given);
      return { ...records, close: noting("records", records.close) };
    },
  };
  return { opening, closed };
}

test("where joining the parts fails half-way, what was opened is closed at once, the last first", async () => {
  await using folder = await scratchFolder();
  const settings = { STATE_DIR: "state", TOKEN_DIR: "tokens", EXPORT_DIR: "data" };
  await mkdir(join(folder.path, "state", "key"), { recursive: true }); // a folder where the key should be
  const { opening, closed } = watched();
  const failure = await compose(readConfig(settings, folder.path), opening).then(() => undefined, failureOf);
  expect(failure?.code).toBe("not_private");
  expect(closed).toEqual(["records", "way to Google", "state"]);
});

test("where it does not fail, everything stays open until it is closed", async () => {
  await using folder = await scratchFolder();
  const { opening, closed } = watched();
  const parts = await compose(readConfig({ STATE_DIR: "state" }, folder.path), opening);
  expect(closed).toEqual([]);
  await parts.close();
  expect(closed).toEqual(["records", "way to Google", "state"]);
});
