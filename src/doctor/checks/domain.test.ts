import { describe, expect, test } from "vitest";

import { refuse } from "../../core/errors.ts";
import type { Facts } from "../facts.ts";
import { FINDINGS } from "../finding.ts";
import { examine, SETTINGS } from "../testing.ts";

const ADMIN = "admin@example.com";
const ACCOUNT = {
  email: "exporter@my-project.iam.gserviceaccount.com",
  clientId: "104212345678901234567",
  tokenUri: "https://oauth2.googleapis.com/token",
  projectId: "my-project",
};
const delegationMissing = () => Promise.reject(refuse("delegation_missing", "What happened.", "What to do."));

const withKey = (domain: Partial<Facts["domain"]> = {}, admin: string | undefined = ADMIN): Partial<Facts> => ({
  settings: { ...SETTINGS, admin },
  client: () => Promise.reject(refuse("credentials_invalid", "What happened.", "What to do.")),
  signedIn: () => Promise.reject(new Error("nobody signs in")),
  grant: () => Promise.reject(new Error("nobody signs in")),
  profile: async (emailAddress) => ({
    emailAddress,
    messagesTotal: 7,
    threadsTotal: 3,
    cursor: { source: "gmail-api", value: "1" },
  }),
  domain: {
    serviceAccount: async () => ACCOUNT,
    isDelegated: async () => true,
    token: async () => {},
    directory: async () => {},
    ...domain,
  },
});

describe("where a service account's key is all there is", () => {
  test("all is found ok, and nothing is said of clients, sign-ins and the way back from Google", async () => {
    const findings = await examine(withKey());
    expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
    const notSaid = new Set([
      "credentials",
      "database",
      "redirect_uri",
      "host_authorization",
      "signed_in",
      "grant",
      "grant_age",
      "scopes_granted",
    ]);
    expect(findings.map(({ id }) => id)).toEqual(FINDINGS.filter((id) => !notSaid.has(id)));
    expect(findings.find(({ id }) => id === "gmail")).toMatchObject({ account: ADMIN });
  });

  test("the key is to be private, as every mailbox of the domain is behind it", async () => {
    const found = (await examine({ ...withKey(), permissions: async () => 0o644 })).find(
      ({ id }) => id === "credentials_private",
    );
    expect(found).toMatchObject({ status: "warn", why: expect.stringContaining("every mailbox") });
  });

  test("the account that was named is tried, and what is missing is told with its remedy", async () => {
    const findings = await examine(withKey({ token: delegationMissing }), "bob@example.com");
    expect(findings.find(({ id }) => id === "delegation")).toMatchObject({
      account: "bob@example.com",
      status: "fail",
      next: "What to do.",
    });
    expect(findings.find(({ id }) => id === "gmail")).toMatchObject({ status: "skipped" });
  });

  test("without an administrator nobody is tried unless named, and the directory is not looked at", async () => {
    const facts = withKey();
    const findings = await examine({ ...facts, settings: { ...SETTINGS, admin: undefined } });
    expect(findings.find(({ id }) => id === "delegation")).toMatchObject({ status: "warn" });
    expect(findings.find(({ id }) => id === "directory")).toMatchObject({ status: "skipped" });
  });

  test("a directory that cannot be read is told, and mail is looked at all the same", async () => {
    const findings = await examine(withKey({ directory: delegationMissing }));
    expect(findings.find(({ id }) => id === "directory")).toMatchObject({ status: "fail" });
    expect(findings.find(({ id }) => id === "gmail")).toMatchObject({ status: "ok" });
  });
});

test("where Google signs and people sign in too, both are looked at", async () => {
  const { domain } = withKey();
  const keyless = { ...domain!, serviceAccount: async () => ({ ...ACCOUNT, clientId: undefined }) };
  const findings = await examine({ domain: { ...keyless, isDelegated: async () => false } });
  const ids = findings.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["credentials", "service_account", "grant", "directory"]));
  expect(findings.find(({ id }) => id === "service_account")).toMatchObject({ status: "ok" });
});
