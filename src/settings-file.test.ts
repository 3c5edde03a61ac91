import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../test/scratch.ts";
import { readSettingsFile } from "./settings-file.ts";

const KEY = "k".repeat(43);

async function settingsIn(content: string | Buffer, mode = 0o600) {
  await using folder = await scratchFolder();
  const path = join(folder.path, ".env");
  await writeFile(path, content);
  await chmod(path, mode);
  const { settings, refusal } = await readSettingsFile(path);
  return { settings, failure: refusal?.failure };
}

test("where there is no file there are no settings", async () => {
  await using folder = await scratchFolder();
  expect(await readSettingsFile(join(folder.path, ".env"))).toEqual({ settings: {}, refusal: undefined });
});

test.each([
  ["plain", `API_KEY=${KEY}\n`],
  ["behind a byte order mark", `\uFEFFAPI_KEY=${KEY}\n`],
  ["with the line ends of Windows", `# mine\r\nAPI_KEY=${KEY}\r\n\r\nPORT=9000\r\n`],
  ["exported, spaced and commented", `  export API_KEY = ${KEY} # the server's\n`],
  ["in quotes, beside a value of two lines", `NOTE="one\ntwo"\nAPI_KEY='${KEY}'`],
])("a setting is read, %s", async (_, text) => {
  expect(await settingsIn(text)).toMatchObject({ settings: { API_KEY: KEY }, failure: undefined });
});

test.each([
  ["UTF-16", Buffer.from(`\uFEFFAPI_KEY=${KEY}`, "utf16le"), /is saved as UTF-16/],
  ["a line that is no setting", `PORT=8000\nAPI_KEY ${KEY}\n`, /line 2 is neither NAME=value nor a comment/],
  ["a key whose value is on the next line", `API_KEY=\n${KEY}\n`, /line 2 is neither/],
  ["a key without a value", "API_KEY = \n", /API_KEY has no value/],
  ["a name that was misspelt", "GMAIL_TEIR=legacy\n", /GMAIL_TEIR is no setting; GMAIL_TIER is/],
  ["a key under a name that was misspelt", `API-KEY=${KEY}\n`, /API-KEY is no setting; API_KEY is/],
  ["the line ends of an old Mac", `# mine\rAPI_KEY=${KEY}\r`, /line 1 holds a line break that is none here/],
  ["a line break of Unicode's", `# mine\u2028API_KEY=${KEY}\n`, /line 1 holds a line break that is none here/],
  ["a setting in the quotes of another", `\nNOTE='a\nAPI_KEY=${KEY}\n'\n`, /API_KEY in line 3 is within .* line 2/],
  ["a quote that does not end", `API_KEY="${KEY}\nPORT=1\n`, /API_KEY|line 1/],
])("nothing is started with %s", async (_, content, message) => {
  const { failure } = await settingsIn(content);
  expect(failure).toMatchObject({ code: "settings_invalid", message: expect.stringMatching(message) });
  expect(failure?.message).not.toContain(KEY);
});

test("nothing is started with a folder in its place, or with a file that cannot be opened", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, ".env");
  await mkdir(path);
  expect((await readSettingsFile(path)).refusal?.failure).toMatchObject({
    code: "settings_invalid",
    message: expect.stringContaining("is no file"),
  });
  const long = join(folder.path, "x".repeat(300));
  expect((await readSettingsFile(long)).refusal?.failure.message).toMatch(/cannot be read \(ENAMETOOLONG\)/);
});

test.each([0o644, 0o640, 0o602])(
  "in a file of mode %o neither a secret nor what leads sign-ins elsewhere counts",
  async (mode) => {
    for (const setting of [
      `API_KEY=${KEY}`,
      "TOKEN_DIR=/tmp/theirs",
      "STATE_DIR=theirs",
      "GOOGLE_CREDENTIALS_PATH=theirs.json",
      "GMAIL_API_URL=https://mail.example.com",
      "GOOGLE_SERVICE_ACCOUNT=theirs@example.iam.gserviceaccount.com",
      "GOOGLE_API_URL=https://mail.example.com",
      "GCE_METADATA_HOST=mail.example.com",
      "OAUTH_REDIRECT_URI=https://mail.example.com/back",
    ]) {
      const { settings, failure } = await settingsIn(`${setting}\nLOG_LEVEL=warn\n`, mode);
      expect(failure).toMatchObject({ code: "not_private", next: expect.stringContaining("chmod 600") });
      expect(settings).toMatchObject({ LOG_LEVEL: "warn" });
      if (!setting.startsWith("API_KEY")) expect(Object.keys(settings)).toEqual(["LOG_LEVEL"]);
      expect((await settingsIn(setting)).failure).toBeUndefined();
    }
    for (const harmless of [
      "EXPORT_DIR=mail",
      "GMAIL_API_URL=http://127.0.0.1:9",
      "GOOGLE_API_URL=http://127.0.0.1:9",
      "OAUTH_REDIRECT_URI=http://localhost:9/x",
    ])
      expect((await settingsIn(harmless, mode)).failure).toBeUndefined();
  },
);
