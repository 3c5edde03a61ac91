import { expect, test } from "vitest";

import { clientTypeFor, stepsFor } from "./steps.ts";

test("only an app for everybody is published", () => {
  expect(stepsFor("personal")).toEqual(["project", "gmail_api", "app", "publish", "client"]);
  expect(stepsFor("workspace")).toEqual(["project", "gmail_api", "app", "client"]);
});

test("a browser on this machine needs a desktop client; any other address a web client", () => {
  expect(clientTypeFor("http://localhost:8000/auth/callback")).toBe("installed");
  expect(clientTypeFor("http://127.0.0.1:8000/auth/callback")).toBe("installed");
  expect(clientTypeFor("http://[::1]:8000/auth/callback")).toBe("installed");
  expect(clientTypeFor("https://mail.example.com/auth/callback")).toBe("web");
  expect(clientTypeFor("https://localhost/auth/callback")).toBe("web");
  expect(clientTypeFor("http://127.example.com/auth/callback")).toBe("web");
});
