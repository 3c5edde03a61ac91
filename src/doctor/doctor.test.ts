import { describe, expect, test } from "vitest";

import { FINDINGS, type Finding, type FindingId } from "./finding.ts";
import { ADA, examine } from "./testing.ts";

/** Found where a service account reads and not where people sign in, or where the state lies in a database. */
const OF_MANY: ReadonlySet<FindingId> = new Set(["service_account", "directory", "delegation", "database"]);

describe("a healthy world", () => {
  test("has every finding once, in the order that is told, and all of them ok", async () => {
    const findings = await examine({});
    expect(findings.map(({ id }) => id)).toEqual(FINDINGS.filter((id) => !OF_MANY.has(id)));
    for (const { status, what, why, next } of findings) {
      expect([status, why, next], what).toEqual(["ok", "", ""]);
      expect(what).toMatch(/^\S.*[^.]$/);
    }
  });

  test("has those of each account for each account, and says which; named alone, it is looked at alone", async () => {
    const two = { signedIn: async () => ({ accounts: [ADA, "bob@example.com"], stored: 2 }) };
    const of = (findings: readonly Finding[], account: string): string[] =>
      findings.flatMap((one) => (one.account === account ? [one.id] : []));
    const all = ["grant", "grant_age", "scopes_granted", "gmail"];
    const both = await examine(two);
    expect([of(both, ADA), of(both, "bob@example.com")]).toEqual([all, all]);
    const one = await examine({ ...two, signedIn: () => Promise.reject(new Error("not asked")) }, ADA);
    expect([of(one, ADA), of(one, "bob@example.com")]).toEqual([all, []]);
  });
});
