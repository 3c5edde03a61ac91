import { describe, expect, test } from "vitest";

import type { Facts } from "../facts.ts";
import { CLIENT, faults, finding, refused, set } from "../testing.ts";

describe("the client file", () => {
  const web = (...redirectUris: string[]): Partial<Facts> => ({
    client: async () => ({ ...CLIENT, kind: "web", redirectUris }),
  });

  test("missing or wrong, it is told in its own words, and all that does not need it is looked at", async () => {
    const missing = { client: refused("credentials_missing"), permissions: async () => undefined };
    expect(await finding("credentials", missing)).toMatchObject({
      status: "fail",
      what: "What happened.",
      next: "What to do.",
    });
    expect(await faults(missing)).toEqual({
      credentials: "fail",
      redirect_uri: "skipped",
      host_authorization: "skipped",
      host_token: "skipped",
      gmail: "skipped",
      disk_room: "skipped",
    });
  });

  test("is named by the type that Google's console calls it", async () => {
    expect((await finding("credentials", {})).what).toContain("Desktop app");
    expect((await finding("credentials", web("http://localhost:8000/auth/callback"))).what).toContain(
      "Web application",
    );
  });

  test.each([
    ["644", "warn", "chmod 600 /home/ada/credentials.json"],
    ["660", "warn", "chmod 600 /home/ada/credentials.json"],
    ["600", "ok", ""],
    ["400", "ok", ""],
  ])("with the mode %s is %s", async (mode, status, next) => {
    expect(await finding("credentials_private", { permissions: async () => parseInt(mode, 8) })).toMatchObject({
      status,
      next,
    });
  });

  test("of a web client must list the redirect URI to the letter", async () => {
    const here = "http://localhost:8000/auth/callback";
    expect(await finding("redirect_uri", web("http://localhost:3000/", here))).toMatchObject({ status: "ok" });
    for (const other of [`${here}/`, here.replace("localhost", "127.0.0.1"), here.replace("8000", "3000")]) {
      const found = await finding("redirect_uri", web(other));
      expect(found).toMatchObject({ status: "fail", what: `The client file does not list ${here}; it lists ${other}` });
      for (const part of ["https://console.cloud.google.com/auth/clients", "Authorized redirect URIs", here])
        expect(found.next).toContain(part);
    }
    expect((await finding("redirect_uri", web())).what).toContain("it lists none");
  });

  test("of a desktop client lets the browser come back to its own machine only", async () => {
    const away = set({ redirectUri: new URL("https://mail.example.com/auth/callback") });
    expect(await finding("redirect_uri", away)).toMatchObject({ status: "fail" });
    expect(await finding("redirect_uri", { ...away, ...web("https://mail.example.com/auth/callback") })).toMatchObject({
      status: "ok",
    });
  });

  test("a redirect URI on this machine leads to the server's port, or something must lead on", async () => {
    const other = set({ redirectUri: new URL("http://localhost:9000/auth/callback") });
    expect(await finding("redirect_uri", other)).toMatchObject({
      status: "warn",
      what: expect.stringContaining("9000"),
    });
  });
});
