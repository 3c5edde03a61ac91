import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, test } from "vitest";

import { domainDirectoryContract } from "../../../test/contracts/domain-directory.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { failureOf, type Failure } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { ADA, domainStage, type DomainStage } from "../service-account/testing.ts";
import { DIRECTORY_SCOPES, googleDirectory } from "./domain-directory.ts";

const NEVER = new AbortController().signal;

function directoryOf({ open, clock, google }: DomainStage, admin: string | undefined = ADA) {
  return googleDirectory({ admin, tokens: open(), apiUrl: new URL(google.url), clock, random: () => 0.9 });
}

domainDirectoryContract("the Admin SDK", async ({ users, groups = {} }) => {
  const accounts = users.filter(({ hasMailbox = true }) => hasMailbox).map(({ email }) => ({ email, messages: 0 }));
  const w = await domainStage({ accounts, domain: { users, groups } });
  const domain = w.google.domain();
  return {
    directory: directoryOf(w, users[0]!.email),
    forbid: () => domain.administrators.clear(),
    fail: (times) => w.google.faults.add({ kind: "503", times }),
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
});

describe("the Admin SDK", () => {
  const failure = async (doing: Promise<unknown>): Promise<Failure | undefined> =>
    failureOf(await doing.catch((error: unknown) => error));
  const users = (w: DomainStage, admin?: string) => failure(Array.fromAsync(directoryOf(w, admin).listUsers(NEVER)));

  test("is asked for no more than what is needed: groups need a scope of their own, and users do not need that", async () => {
    const domain = { delegated: [DIRECTORY_SCOPES.users], groups: { "all@example.com": [ADA] } };
    await using w = await domainStage({ domain });
    expect(await users(w)).toBeUndefined();
    const refused = await failure(directoryOf(w).listMembers("all@example.com", NEVER));
    expect(refused).toMatchObject({
      code: "delegation_missing",
      next: expect.stringContaining(DIRECTORY_SCOPES.members),
    });
  });

  test("needs an administrator, and its API", async () => {
    await using w = await domainStage();
    const nobody = googleDirectory({
      admin: undefined,
      tokens: w.open(),
      apiUrl: new URL(w.google.url),
      clock: w.clock,
      random: () => 0.9,
    });
    expect(await failure(Array.fromAsync(nobody.listUsers(NEVER)))).toMatchObject({
      code: "settings_invalid",
      message: expect.stringContaining("GOOGLE_ADMIN"),
    });
    w.google.faults.add({ kind: "apiDisabled" });
    expect(await users(w)).toMatchObject({ code: "api_disabled", next: expect.stringContaining("admin.googleapis") });
  });

  test("is given a new token where it takes the old one no more", async () => {
    await using w = await domainStage();
    const directory = directoryOf(w);
    await Array.fromAsync(directory.listUsers(NEVER));
    w.google.expireAccessTokens();
    expect((await Array.fromAsync(directory.listUsers(NEVER))).flat()).toHaveLength(1);
  });

  test("leaves nobody out for a page that was not found once; and that there is nobody at all is not believed", async () => {
    const accounts = Array.from({ length: 501 }, (_, n) => ({ email: `user${n}@example.com`, messages: 0 }));
    const groups = { "all@example.com": [ADA] };
    await using w = await domainStage({
      accounts,
      domain: { users: accounts.map(({ email }) => ({ email })), groups },
    });
    const directory = directoryOf(w, accounts[0]!.email);
    const namesFound = async () => (await Array.fromAsync(directory.listUsers(NEVER))).flat().length;
    w.google.faults.add({ kind: "notFound", method: "users.list", afterCalls: 1, times: 1 });
    expect(await namesFound()).toBe(501);
    w.google.faults.add({ kind: "notFound", method: "members.list", times: 2 });
    expect((await directory.listMembers("all@example.com", NEVER)).addresses).toEqual(new Set([ADA]));
    w.google.faults.add({ kind: "notFound", method: "users.list", afterCalls: 1 });
    expect(await failure(namesFound())).toMatchObject({ code: "malformed_response" });
    w.google.faults.clear();
    w.google.domain().users.clear();
    expect(await failure(namesFound())).toMatchObject({ code: "malformed_response" });
  });

  test("names a user once who stands twice on one page, and a group whose name is none among those it cannot read", async () => {
    const named = [ADA, ADA, "bob@example.com"].map((primaryEmail) => ({ primaryEmail }));
    const answer = JSON.stringify({ users: named, members: [{ email: "\ud800", type: "GROUP" }] });
    const server = createServer((_, response) => void response.end(answer)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const directory = googleDirectory({
      admin: ADA,
      tokens: () => async () => new Secret("token"),
      apiUrl: new URL(`http://127.0.0.1:${port}`),
      clock: manualClock(),
      random: () => 0,
    });
    const pages = await Array.fromAsync(directory.listUsers(NEVER));
    expect(pages.flat().map(({ email }) => email)).toEqual([ADA, "bob@example.com"]);
    expect(await directory.listMembers("all@example.com", NEVER)).toMatchObject({ unreadable: ["\ud800"] });
    server.closeAllConnections();
    server.close();
  });

  test("does not tell who is in another organisation's group: that is named", async () => {
    await using w = await domainStage({ domain: { groups: { "all@example.com": [ADA, "theirs@elsewhere.example"] } } });
    w.google.domain().foreignGroups.add("theirs@elsewhere.example");
    expect(await directoryOf(w).listMembers("all@example.com", NEVER)).toMatchObject({
      addresses: new Set([ADA]),
      unreadable: ["theirs@elsewhere.example"],
    });
  });
});
