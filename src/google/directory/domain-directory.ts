import { refuse } from "../../core/errors.ts";
import type { AccessToken } from "../../core/ports/accounts.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { DomainDirectory, DomainUser, GroupMembers } from "../../core/ports/domain-directory.ts";
import { transient } from "../ask-google.ts";
import type { DelegatedTokens } from "../service-account/delegated-tokens.ts";
import { createGetPage, type Page } from "./directory-client.ts";

const ADMIN_URL = "https://admin.googleapis.com";
const AUTH = "https://www.googleapis.com/auth/";

/** Asked for one at a time, so that who delegated no groups can still read users. */
export const DIRECTORY_SCOPES = {
  users: `${AUTH}admin.directory.user.readonly`,
  members: `${AUTH}admin.directory.group.member.readonly`,
} as const;

const USER_FIELDS = "primaryEmail,aliases,suspended,archived,orgUnitPath,isMailboxSetup";

type Parts = Readonly<{
  /** GOOGLE_ADMIN. */
  admin: string | undefined;
  tokens: DelegatedTokens;
  /** In place of Google's host; undefined means that. */
  apiUrl: URL | undefined;
  clock: Clock;
  random: () => number;
}>;

/** The directory of a Workspace domain, by the Admin SDK: users.list and members.list, five hundred and two hundred a page. */
export function googleDirectory({ admin, tokens, apiUrl, clock, random }: Parts): DomainDirectory {
  const getPage = createGetPage({ rootUrl: apiUrl?.href ?? ADMIN_URL, clock, random });
  const tokenFor = (scope: string): AccessToken => {
    if (admin === undefined) throw noAdmin();
    return tokens(admin, [scope]);
  };

  /** The pages of one list; undefined in place of the first where there is no such list. */
  async function* pages(
    path: string,
    query: Readonly<Record<string, string>>,
    token: AccessToken,
    signal: AbortSignal,
  ): AsyncGenerator<Page | undefined> {
    const seen = new Set<string>();
    let pageToken: string | undefined;
    do {
      const page = await getPage(path, pageToken === undefined ? query : { ...query, pageToken }, token, signal);
      yield page;
      pageToken = textOf(page?.["nextPageToken"]);
      if (pageToken === undefined) return;
      if (seen.has(pageToken))
        throw transient("malformed_response", "Google's Admin SDK leads back to a page it has already given.");
      seen.add(pageToken);
    } while (true);
  }

  const readMembers = async (group: string, signal: AbortSignal): Promise<readonly Page[] | undefined> => {
    if (!group.isWellFormed()) return undefined; // half of a character can stand in no address
    const found: Page[] = [];
    const path = `groups/${encodeURIComponent(group)}/members`;
    const query = { maxResults: "200", fields: "nextPageToken,members(email,type)" };
    for await (const page of pages(path, query, tokenFor(DIRECTORY_SCOPES.members), signal)) {
      if (page === undefined) return undefined;
      found.push(...listOf(page["members"]));
    }
    return found;
  };

  return {
    async *listUsers(signal) {
      const query = {
        customer: "my_customer",
        maxResults: "500",
        orderBy: "email",
        fields: `nextPageToken,users(${USER_FIELDS})`,
      };
      const given = new Set<string>(); // a user who comes while the list is read moves others to the next page
      for await (const page of pages("users", query, tokenFor(DIRECTORY_SCOPES.users), signal)) {
        if (page === undefined) throw transient("malformed_response", "Google's Admin SDK finds no list of users.");
        const users: DomainUser[] = [];
        for (const user of listOf(page["users"]).map(toUser)) {
          if (given.has(user.email)) continue;
          given.add(user.email);
          users.push(user);
        }
        if (users.length > 0) yield users;
      }
      if (given.size === 0)
        throw transient("malformed_response", "Google's Admin SDK named no user at all, not even the one who asked.");
    },
    async listMembers(group, signal) {
      const addresses = new Set<string>();
      const unreadable: string[] = [];
      let everybody = false;
      const groups = [group.toLowerCase()];
      // The list grows as groups are found inside it; one that holds itself is in it once.
      for (const name of groups) {
        const members = await readMembers(name, signal);
        if (members === undefined && name === groups[0]) throw noSuchGroup(group);
        if (members === undefined) unreadable.push(name);
        for (const { email, type } of members ?? []) {
          const address = textOf(email)?.toLowerCase();
          if (type === "CUSTOMER") everybody = true;
          else if (address === undefined) continue;
          else if (type !== "GROUP") addresses.add(address);
          else if (!groups.includes(address)) groups.push(address);
        }
      }
      return { addresses, everybody, unreadable } satisfies GroupMembers;
    },
  };
}

function toUser(user: Page): DomainUser {
  const email = textOf(user["primaryEmail"]);
  if (email === undefined) throw transient("malformed_response", "Google's Admin SDK named a user without an address.");
  return {
    email,
    aliases: Array.isArray(user["aliases"]) ? user["aliases"].filter((one) => typeof one === "string") : [],
    unit: textOf(user["orgUnitPath"]) ?? "/",
    suspended: user["suspended"] === true,
    archived: user["archived"] === true,
    hasMailbox: user["isMailboxSetup"] !== false,
  };
}

function listOf(value: unknown): readonly Page[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function noAdmin() {
  return refuse(
    "settings_invalid",
    "Whose eyes see the domain's directory is not known: GOOGLE_ADMIN is not set.",
    "Set GOOGLE_ADMIN to the address of an administrator of the domain.",
  );
}

function noSuchGroup(group: string) {
  return refuse(
    "invalid_request",
    `The domain has no group ${group}.`,
    "Look for its address in the Google Admin console → Directory → Groups.",
  );
}
