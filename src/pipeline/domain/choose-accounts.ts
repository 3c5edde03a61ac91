import { refuse } from "../../core/errors.ts";
import type { DomainDirectory, DomainUser, GroupMembers } from "../../core/ports/domain-directory.ts";

/** Which users of a domain: those for whom all that is named here holds. Nothing named is everybody. */
export type AccountFilter = Readonly<{
  /** The path of an organisational unit; those below are in it. */
  unit?: string | undefined;
  /** The address of a group; members of groups inside it are in it. */
  group?: string | undefined;
  /** An address, or the part before its @, with `*` for any text. */
  match?: string | undefined;
  /** Addresses; aliases too. */
  addresses?: readonly string[] | undefined;
}>;

export type FoundAccounts = Readonly<{
  /** By address, each once; who is suspended or archived too. */
  users: readonly DomainUser[];
  /** Of the addresses named: those of nobody in the domain. */
  unknown: readonly string[];
  /** Groups of other organisations inside the group: who is in them is not told. */
  unreadableGroups: readonly string[];
}>;

/** Looks who is in the domain. Throws `invalid_request` where there is no such group, or nobody in such a unit. */
export async function findAccounts(
  directory: DomainDirectory,
  filter: AccountFilter,
  signal: AbortSignal,
): Promise<FoundAccounts> {
  const members = filter.group === undefined ? undefined : await directory.listMembers(filter.group, signal);
  const all: DomainUser[] = [];
  for await (const page of directory.listUsers(signal)) all.push(...page);
  const { unit, match, addresses } = filter;
  if (unit !== undefined && selectUsers(all, { unit }).length === 0)
    throw refuse(
      "invalid_request",
      `No user of the domain is in the unit ${unit}.`,
      "Look for its path in the Google Admin console → Directory → Organisational units, such as /Sales/East.",
    );
  const users = selectUsers(all, { unit, match, addresses }).filter(
    (user) => members === undefined || isMember(user, members),
  );
  return {
    users: users.toSorted((a, b) => compare(a.email, b.email)),
    unknown: addresses === undefined ? [] : unknownAddresses(all, addresses),
    unreadableGroups: members?.unreadable ?? [],
  };
}

/** What of a user a filter looks at. */
type Selectable = Pick<DomainUser, "email" | "aliases" | "unit">;

/** Those of these users for whom all holds that is named, in their order; a group's members are not known here. */
export function selectUsers<User extends Selectable>(
  users: readonly User[],
  { unit, match, addresses }: Omit<AccountFilter, "group">,
): User[] {
  const above = unit === undefined ? undefined : normalUnit(unit);
  const named = addresses && new Set(addresses.map((one) => one.toLowerCase()));
  const pattern = match === undefined ? undefined : patternOf(match);
  return users.filter(
    (user) =>
      (above === undefined || isInUnit(user, above)) &&
      (pattern === undefined || pattern(user.email)) &&
      (named === undefined || addressesOf(user).some((one) => named.has(one))),
  );
}

/** Those of these addresses that are nobody's among the users, in lower case, each once. */
export function unknownAddresses(users: readonly Selectable[], addresses: readonly string[]): string[] {
  const known = new Set(users.flatMap(addressesOf));
  return [...new Set(addresses.map((one) => one.toLowerCase()))].filter((one) => !known.has(one));
}

/** Whether Google gives access to a user's mailbox, as far as the directory tells. */
export function isActive({ suspended, archived }: Pick<DomainUser, "suspended" | "archived">): boolean {
  return !suspended && !archived;
}

function isMember(user: Selectable, { everybody, addresses }: GroupMembers): boolean {
  return everybody || addressesOf(user).some((one) => addresses.has(one));
}

function addressesOf({ email, aliases }: Selectable): string[] {
  return [email, ...aliases].map((one) => one.toLowerCase());
}

/** Units are told apart without regard to case, as in the Admin console; "Sales/" is "/Sales". */
function normalUnit(unit: string): string {
  return `/${unit.toLowerCase().split("/").filter(Boolean).join("/")}`;
}

function isInUnit({ unit }: Selectable, above: string): boolean {
  const own = normalUnit(unit);
  return above === "/" || own === above || own.startsWith(`${above}/`);
}

/** Without an @ it is about the part before it. */
function patternOf(text: string): (email: string) => boolean {
  const pieces = text.toLowerCase().split("*");
  return (email) => fits(pieces, text.includes("@") ? email.toLowerCase() : email.toLowerCase().split("@")[0]!);
}

/** Whether a text is these pieces, in their order, with anything between them. A pattern of many stars costs no more. */
function fits([first = "", ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return from <= text.length - last.length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
