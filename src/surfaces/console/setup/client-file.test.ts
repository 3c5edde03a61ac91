import { expect, test } from "vitest";

import { readClientFile } from "./client-file.ts";

test("a JSON file is read as it is, whatever it says", async () => {
  expect(await readClientFile(new Blob(['{"installed":{"client_id":"1"}}']))).toEqual({
    installed: { client_id: "1" },
  });
});

test("what is no JSON, or too big to be a client file, is not sent anywhere", async () => {
  expect(await readClientFile(new Blob(["PNG"]))).toBeUndefined();
  expect(await readClientFile(new Blob([JSON.stringify("x".repeat(70_000))]))).toBeUndefined();
});
