import { expect, test } from "vitest";

import { knownScope } from "./scope.ts";

test("scopes are known by Google's names for them, and unknown ones are not taken for others", () => {
  expect(knownScope("https://www.googleapis.com/auth/gmail.readonly")).toBe("gmail.readonly");
  expect(knownScope("https://www.googleapis.com/auth/userinfo.email")).toBe("email");
  expect(knownScope("openid")).toBe("openid");
  expect(knownScope("https://mail.google.com/")).toBe("full");
  expect(knownScope("https://www.googleapis.com/auth/drive")).toBeUndefined();
  expect(knownScope("full")).toBeUndefined();
});
