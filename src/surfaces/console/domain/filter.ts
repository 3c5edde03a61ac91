import { decodeTextFile } from "../../../core/text-file.ts";
import { parseAddressList, type AddressList } from "../../../pipeline/domain/address-list.ts";
import { selectUsers, unknownAddresses } from "../../../pipeline/domain/choose-accounts.ts";
import type { DomainAccount } from "./api.ts";

/** A file of addresses that a person chose. */
export type ListFile = AddressList & Readonly<{ name: string }>;

/** What was filled in; empty is everybody. */
export type AccountsFilter = Readonly<{ unit: string; match: string; file: ListFile | undefined }>;

export const EVERYBODY: AccountsFilter = { unit: "", match: "", file: undefined };

/** Throws where its text is no UTF-8. */
export async function readListFile(file: File): Promise<ListFile> {
  return { name: file.name, ...parseAddressList(decodeTextFile(new Uint8Array(await file.arrayBuffer()))) };
}

/** Those of the accounts that are asked for, and the file's addresses that are nobody's. */
export function filterAccounts(
  accounts: readonly DomainAccount[],
  { unit, match, file }: AccountsFilter,
): Readonly<{ shown: readonly DomainAccount[]; unknown: readonly string[] }> {
  const shown = selectUsers(accounts, {
    ...(unit !== "" && { unit }),
    ...(match.trim() !== "" && { match: anywhere(match.trim()) }),
    ...(file && { addresses: file.addresses }),
  });
  return { shown, unknown: file === undefined ? [] : unknownAddresses(accounts, file.addresses) };
}

/** Without a star, what is typed may stand anywhere in the address: whoever types "ada" looks for her. */
function anywhere(pattern: string): string {
  if (pattern.includes("*")) return pattern;
  return pattern.includes("@") ? `*${pattern}*` : `*${pattern}*@*`;
}

/** Every unit that somebody is in, and those above it, by path. */
export function unitsOf(accounts: readonly DomainAccount[]): readonly string[] {
  const units = new Set<string>();
  for (const { unit } of accounts) {
    const names = unit.split("/").filter(Boolean);
    for (let depth = 1; depth <= names.length; depth += 1) units.add(`/${names.slice(0, depth).join("/")}`);
  }
  return [...units].toSorted();
}
