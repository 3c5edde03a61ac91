import type { z } from "zod";

import type {
  CountedAccount as CountedShape,
  DomainAccount as AccountShape,
  DomainLimits as LimitsShape,
} from "../../http/domain/domain-account.ts";
import type { DomainExports as BegunShape } from "../../http/domain/domain-routes.ts";
import { call } from "../api.ts";
import { bodyOf, type Draft } from "../new-export/form.ts";

export type DomainAccount = Readonly<z.infer<typeof AccountShape>>;
export type CountedAccount = Readonly<z.infer<typeof CountedShape>>;
export type Limits = Readonly<z.infer<typeof LimitsShape>>;
export type Begun = z.infer<typeof BegunShape>["exports"][number];

type AccountsPage = Readonly<{ accounts: readonly DomainAccount[]; next_cursor: string | null }>;

/** Which users of the domain; all that is named must hold. */
type Question = Readonly<{ group?: string; match?: string; limit: number; cursor?: string }>;

/** One page of who is in the domain; no mailbox is asked how much it holds. */
export function readDomainAccounts(question: Question, signal: AbortSignal): Promise<AccountsPage> {
  const query = new URLSearchParams({ count: "false" });
  for (const [name, value] of Object.entries(question)) query.set(name, String(value));
  return call("GET", `/domain/accounts?${query}`, { signal });
}

/** As many as the server gives at once. */
const LISTED_AT_ONCE = 1_000;

/** Everybody in the domain, or in one of its groups. */
export async function listDomainAccounts(
  group: string | undefined,
  signal: AbortSignal,
): Promise<readonly DomainAccount[]> {
  const all: DomainAccount[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const question = { limit: LISTED_AT_ONCE, ...(group && { group }), ...(cursor && { cursor }) };
    const page = await readDomainAccounts(question, signal);
    all.push(...page.accounts);
    cursor = page.next_cursor;
  }
  return all;
}

type Estimate = Readonly<{ accounts: readonly CountedAccount[]; limits: Limits }>;

/** Asks mailboxes how much they hold: as many as one request may ask. */
export function estimateAccounts(emails: readonly string[], signal: AbortSignal): Promise<Estimate> {
  return call("POST", "/domain/estimate", { body: { accounts: emails }, signal });
}

/** Starts an export of each; `draft` says what is kept. */
export async function exportAccounts(emails: readonly string[], draft: Draft): Promise<readonly Begun[]> {
  const { email: _, ...options } = bodyOf(draft, "");
  const { exports }: { exports: readonly Begun[] } = await call("POST", "/domain/exports", {
    body: { ...options, accounts: emails },
  });
  return exports;
}
