import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { Secret } from "../../core/secret.ts";
import { failureOfDoing, MARK } from "../../google/testing.ts";
import { keyInSettings } from "./key-in-settings.ts";

const secret = (bytes: Buffer): Secret => new Secret(`${bytes.toString("base64")}\n`);

test("the keys are those that are set", async () => {
  const [current, former] = [randomBytes(32), randomBytes(32)];
  const keys = await keyInSettings(secret(current), secret(former)).keys();
  expect([keys.current.export(), keys.former?.export()]).toEqual([current, former]);
  expect((await keyInSettings(secret(current), undefined).keys()).former).toBeUndefined();
});

test("a setting that is no key is named, and not repeated", async () => {
  const good = secret(randomBytes(32));
  expect(await failureOfDoing(keyInSettings(new Secret(MARK), undefined).keys())).toMatchObject({
    code: "key_unusable",
    message: expect.stringContaining("TOKEN_ENCRYPTION_KEY is"),
  });
  expect(await failureOfDoing(keyInSettings(good, new Secret(MARK)).keys())).toMatchObject({
    code: "key_unusable",
    message: expect.stringContaining("TOKEN_ENCRYPTION_KEY_FORMER"),
  });
});
