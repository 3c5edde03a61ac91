import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { keyInKeyring } from "./key-in-keyring.ts";

// A test must not write into the keyring of whoever runs it. On Linux a process of its own finds no desktop, as on a
// server. Elsewhere there is no way not to find it, so no key is asked for there.
if (process.platform === "linux")
  test("without a keyring nothing is kept anywhere else, and the person is told", async () => {
    const script = `
    const { keyInKeyring } = await import(${JSON.stringify(new URL("key-in-keyring.ts", import.meta.url).href)});
    for (const attempt of [1, 2])
      await keyInKeyring("/nowhere").keys().then(
        () => console.log("a key"),
        ({ failure: { code, next } }) => console.log(code, next));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { PATH: process.env["PATH"], DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" },
    });
    const refusal =
      "key_unusable Unlock it, or leave TOKEN_ENCRYPTION_KEY out: then the key is a private file in STATE_DIR.\n";
    expect(stdout).toBe(refusal + refusal);
  });
else
  test("the keyring of this system is its user's own, and is not touched before a key is asked for", () => {
    expect(Object.keys(keyInKeyring("/nowhere"))).toContain("keys");
  });
