import { expect, test } from "vitest";

import { nextStep } from "./next-step.ts";

const ready = { credentials: { state: "ready", path: "credentials.json" } } as const;
const missing = { credentials: { state: "missing", path: "credentials.json" } } as const;
const unusable = { credentials: { state: "unusable", path: "credentials.json" } } as const;

test("without a usable client file the set-up comes first, whoever was signed in", () => {
  expect(nextStep(missing, [])).toBe("setup");
  expect(nextStep(unusable, [{ authenticated: true }])).toBe("setup");
});

test("with one, somebody must sign in; a sign-in that has ended counts for nothing", () => {
  expect(nextStep(ready, [])).toBe("sign_in");
  expect(nextStep(ready, [{ authenticated: false }])).toBe("sign_in");
});

test("where Google would refuse a sign-in, the set-up comes first, as long as nobody is signed in", () => {
  const problem = { code: "redirect_uri", message: "It is not listed.", next: "Add it." };
  const refused = (stops_sign_in: boolean) => ({
    credentials: { ...ready.credentials, problem: { ...problem, stops_sign_in } },
  });
  expect(nextStep(refused(true), [{ authenticated: false }])).toBe("setup");
  expect(nextStep(refused(true), [{ authenticated: true }])).toBe("export");
  expect(nextStep(refused(false), [])).toBe("sign_in");
});

test("where a service account reads the domain, nobody need sign in, with an OAuth client beside it or without", () => {
  const service_account = "exporter@project.iam.gserviceaccount.com";
  const instead = { state: "service_account", path: "credentials.json" } as const;
  expect(nextStep({ credentials: instead, service_account }, [])).toBe("export");
  expect(nextStep({ ...ready, service_account }, [])).toBe("export");
});

test("then nothing stands before an export", () => {
  expect(nextStep(ready, [{ authenticated: false }, { authenticated: true }])).toBe("export");
});
