import { readFile } from "node:fs/promises";
import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { ExportError, type Failure } from "../../core/errors.ts";
import type { AccessToken } from "../../core/ports/accounts.ts";
import { readCredentials } from "../credentials.ts";
import { ADA, domainStage, mailboxOf, READ_MAIL, type DomainStage } from "./testing.ts";

const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

/** What getting a token ends in. Nothing of the error, however deep one looks, may hold what signs. */
async function refusal(w: DomainStage, token: AccessToken = w.open()(ADA, READ_MAIL)): Promise<Failure> {
  const error: unknown = await token(undefined, NEVER).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ExportError)) throw new Error(`expected an ExportError, got ${inspect(error)}`);
  const told = inspect(error, { depth: null, showHidden: true });
  expect(told).not.toMatch(/PRIVATE KEY|eyJ|ya29/);
  expect(error.failure.message).not.toContain("@");
  return error.failure;
}

describe("a token of a domain's user", () => {
  test("opens that user's mailbox and no other's, and each user has one of their own", async () => {
    const accounts = [{ email: ADA }, { email: "bob@example.com", messages: 1 }];
    await using w = await domainStage({ accounts });
    const tokens = w.open();
    const [ada, bob] = await Promise.all(accounts.map(({ email }) => tokens(email, READ_MAIL)(undefined, NEVER)));
    expect(await mailboxOf(w.google, ada!.reveal())).toBe(ADA);
    expect(await mailboxOf(w.google, bob!.reveal())).toBe("bob@example.com");
  });

  test("is in memory only: another process asks for its own", async () => {
    await using w = await domainStage();
    const first = await w.open()(ADA, READ_MAIL)(undefined, NEVER);
    expect((await w.open()(ADA, READ_MAIL)(undefined, NEVER)).reveal()).not.toBe(first.reveal());
  });

  test("is renewed five minutes before it ends; while Google is away, the one that still works is used", async () => {
    await using w = await domainStage();
    const token = w.open()(ADA, READ_MAIL);
    const first = await token(undefined, NEVER);
    w.clock.advance(54 * MINUTE_MS);
    expect((await token(undefined, NEVER)).reveal()).toBe(first.reveal());
    w.google.faults.add({ kind: "tokenDown" });
    w.clock.advance(MINUTE_MS);
    expect((await token(undefined, NEVER)).reveal()).toBe(first.reveal());
    w.google.faults.clear();
    w.clock.advance(2 * MINUTE_MS);
    const second = await token(undefined, NEVER);
    expect(second.reveal()).not.toBe(first.reveal());
    expect(await mailboxOf(w.google, second.reveal())).toBe(ADA);
  });

  test("is asked for by a key that was replaced meanwhile", async () => {
    await using w = await domainStage();
    await w.writeKey({ client_email: "other@simulated-project.iam.gserviceaccount.com" });
    const token = w.open()(ADA, READ_MAIL);
    expect(await refusal(w, token)).toMatchObject({ code: "credentials_invalid" });
    await w.writeKey();
    expect(await mailboxOf(w.google, (await token(undefined, NEVER)).reveal())).toBe(ADA);
  });

  test("one who leaves gets the reason, and the others their token", async () => {
    await using w = await domainStage();
    const token = w.open()(ADA, READ_MAIL);
    const leaving = new AbortController();
    const left = token(undefined, leaving.signal);
    const stayed = token(undefined, NEVER);
    leaving.abort(new Error("called off"));
    await expect(left).rejects.toThrow("called off");
    expect(await mailboxOf(w.google, (await stayed).reveal())).toBe(ADA);
  });
});

describe("what Google refuses is named with its remedy", () => {
  test("not delegated: which client id and which scopes to paste where, and that it takes a while", async () => {
    await using w = await domainStage({ domain: { delegated: [] } });
    const { code, next } = await refusal(w);
    expect(code).toBe("delegation_missing");
    for (const told of [w.google.domain().clientId, READ_MAIL[0]!, "Manage Domain Wide Delegation", "24 hours"])
      expect(next).toContain(told);
  });

  test("another scope delegated than the one that is needed is not delegated", async () => {
    await using w = await domainStage({ domain: { delegated: ["https://mail.google.com/"] } });
    expect(await refusal(w)).toMatchObject({ code: "delegation_missing" });
  });

  test("a delegation that Google is just learning of is believed when it is there at the third time of asking", async () => {
    await using w = await domainStage({ domain: { delegated: [] } });
    const domain = w.google.domain();
    const given = w.open()(ADA, READ_MAIL)(undefined, NEVER);
    // The first refusal is heard, the second not yet.
    while (domain.assertions.length === 0) await new Promise(setImmediate);
    domain.delegated = READ_MAIL;
    expect(await mailboxOf(w.google, (await given).reveal())).toBe(ADA);
  });

  test.each([
    ["unknown", { users: [{ email: "bob@example.com" }] }],
    ["suspended", { users: [{ email: ADA, suspended: true }] }],
    ["archived", { users: [{ email: ADA, archived: true }] }],
  ] as const)("a user who is %s", async (_, domain) => {
    await using w = await domainStage({ domain });
    const { code, next } = await refusal(w);
    expect(code).toBe("user_unusable");
    expect(next).toContain(ADA);
  });

  test("a private address, without asking anybody", async () => {
    await using w = await domainStage();
    expect(await refusal(w, w.open()("ada@gmail.com", READ_MAIL))).toMatchObject({ code: "user_unusable" });
    expect(w.google.domain().assertions).toEqual([]);
  });

  test("a deleted key, and not the user, though Google calls both invalid_grant", async () => {
    await using w = await domainStage();
    w.google.domain().isKeyDeleted = true;
    w.clock.advance(Date.now() - w.clock.now()); // as Google's Date header says
    const { code, next } = await refusal(w);
    expect(code).toBe("credentials_invalid");
    expect(next).toContain("make a new key");
  });

  test("a clock that is wrong", async () => {
    await using w = await domainStage({ clock: () => Date.now() });
    w.clock.advance(Date.now() - w.clock.now() + 20 * MINUTE_MS);
    expect(await refusal(w)).toMatchObject({
      code: "credentials_invalid",
      message: expect.stringMatching(/clock is (19|20|21) minutes ahead/),
    });
  });

  test("a scope that there is not", async () => {
    await using w = await domainStage();
    expect(await refusal(w, w.open()(ADA, ["gmail"]))).toMatchObject({ code: "settings_invalid" });
  });

  test("an outage is none of them: it passes", async () => {
    await using w = await domainStage();
    w.google.faults.add({ kind: "tokenDown" });
    expect(await refusal(w)).toMatchObject({ code: "server_error", retry: "backoff", outage: true });
  });

  test("no key file at all", async () => {
    await using w = await domainStage();
    await w.removeKey();
    expect(await refusal(w)).toMatchObject({ code: "credentials_missing" });
  });
});

describe("a key file that cannot be used is told by what is wrong with it, without a value of it", () => {
  test.each([
    [
      { private_key: "-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY-----\n" },
      /private_key is no RSA key/,
    ],
    [{ private_key: undefined }, /private_key is missing/],
    [{ client_email: undefined, client_id: 7 }, /client_email is missing; client_id is not a text/],
    [{ token_uri: "https://evil.example/token" }, /token_uri is neither Google's/],
    [{ universe_domain: "example.goog" }, /universe_domain is not googleapis\.com/],
  ])("%o", async (changes, fault) => {
    await using w = await domainStage();
    await w.writeKey(changes);
    const { code, message } = await refusal(w);
    expect(code).toBe("credentials_invalid");
    expect(message).toMatch(fault);
    expect(message).not.toMatch(/TOPSECRET|evil/);
  });

  test("and who wants to sign in with one is told that nobody has to", async () => {
    await using w = await domainStage();
    await expect(readCredentials(w.keyPath)).rejects.toMatchObject({
      failure: { code: "credentials_invalid", next: expect.stringContaining("Nobody needs to sign in") },
    });
  });
});

describe("without a key", () => {
  test("the machine has it signed, and asks for its own token once an hour", async () => {
    await using w = await domainStage({ accounts: [{ email: ADA }, { email: "bob@example.com" }] }, { keyless: true });
    const tokens = w.open();
    for (const email of [ADA, "bob@example.com"])
      expect(await mailboxOf(w.google, (await tokens(email, READ_MAIL)(undefined, NEVER)).reveal())).toBe(email);
    expect(w.google.domain().calls).toMatchObject({ metadata: 1, signJwt: 2 });
    await expect(readFile(w.keyPath)).rejects.toThrow("ENOENT");
  });

  test("a delegation that is missing names how the client id is found", async () => {
    await using w = await domainStage({ domain: { delegated: [] } }, { keyless: true });
    const { code, next } = await refusal(w);
    expect(code).toBe("delegation_missing");
    expect(next).toContain(`gcloud iam service-accounts describe ${w.google.domain().serviceAccount}`);
  });

  test("a machine without an identity", async () => {
    await using w = await domainStage({}, { keyless: true });
    w.google.domain().hasMachineIdentity = false;
    expect(await refusal(w)).toMatchObject({ code: "credentials_missing", message: expect.stringMatching(/identity/) });
  });

  test("a machine that may not sign for the service account", async () => {
    await using w = await domainStage({}, { keyless: true });
    w.google.domain().mayMachineSign = false;
    const { code, next } = await refusal(w);
    expect(code).toBe("credentials_invalid");
    expect(next).toContain("roles/iam.serviceAccountTokenCreator");
  });
});
