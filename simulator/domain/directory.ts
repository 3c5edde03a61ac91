import type { IncomingMessage } from "node:http";

import {
  adminSdkDisabled,
  authError,
  credentialsMissing,
  insufficientScopes,
  invalidInput,
  notAuthorized,
  noSuchUrl,
  resourceNotFound,
  unavailable,
} from "../errors.ts";
import { refusalOf, spoilingOf, type FaultSource } from "../faults.ts";
import type { Access, Grants } from "../oauth/grants.ts";
import { refused, type Reply } from "../reply.ts";
import { READ_MEMBERS, READ_USERS, type DirectoryUser, type Domain } from "./domain.ts";

const BASE = "/admin/directory/v1/";

type Directory = Readonly<{
  domain: Domain;
  grants: Grants;
  faults: FaultSource;
  /** Who has a mailbox. */
  accounts: readonly string[];
}>;

/** The Admin SDK's directory, as far as an exporter needs it: users.list and members.list, for administrators. */
export function directoryApi({ domain, grants, faults, accounts: list }: Directory) {
  const accounts = new Set(list); // a domain may have ten thousand
  const answer = (request: IncomingMessage, url: URL): Reply | undefined => {
    if (!url.pathname.startsWith(BASE)) return undefined;
    const path = url.pathname.slice(BASE.length);
    const [, group] = /^groups\/([^/]+)\/members$/.exec(path) ?? [];
    const method = path === "users" ? "users.list" : group === undefined ? undefined : "members.list";
    if (method === undefined || request.method !== "GET") throw noSuchUrl(url.pathname);
    domain.calls[method] = (domain.calls[method] ?? 0) + 1;
    const access = accessOf(grants, request);
    const fault = faults.strike({ method, email: access.email, pageToken: url.searchParams.has("pageToken") });
    if (fault !== undefined && fault.kind === "apiDisabled") throw adminSdkDisabled();
    const spoiling = spoilingOf(fault);
    if (fault !== undefined && spoiling === undefined) throw refusalOf(fault) ?? unavailable();
    const scope = method === "users.list" ? READ_USERS : READ_MEMBERS;
    if (!access.scopes.has(scope)) throw insufficientScopes([scope]);
    if (!domain.administrators.has(access.email)) throw notAuthorized();
    const body =
      method === "users.list" ? users(domain, accounts, url.searchParams) : members(domain, group!, url.searchParams);
    return { status: 200, headers: {}, body, ...(spoiling && { spoiling }) };
  };
  return (request: IncomingMessage, url: URL): Reply | undefined => {
    try {
      return answer(request, url);
    } catch (error) {
      return refused(error);
    }
  };
}

function accessOf(grants: Grants, { headers }: IncomingMessage): Access {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (token === undefined) throw credentialsMissing();
  const access = grants.access(token);
  if (access === undefined) throw authError();
  return access;
}

function users(domain: Domain, accounts: ReadonlySet<string>, query: URLSearchParams) {
  if (query.get("customer") !== "my_customer") throw invalidInput("customer");
  const all = [...domain.users.values()].toSorted((a, b) => (a.email < b.email ? -1 : 1));
  const { page, nextPageToken } = pageOf(all, query, 100, 500);
  return {
    kind: "admin#directory#users",
    ...(page.length > 0 && {
      users: page.map((user) => toUser(user, accounts)),
    }),
    ...(nextPageToken !== undefined && { nextPageToken }),
  };
}

function toUser(
  { email, aliases = [], unit = "/", suspended = false, archived = false }: DirectoryUser,
  accounts: ReadonlySet<string>,
) {
  return {
    kind: "admin#directory#user",
    id: String(BigInt(`0x${Buffer.from(email).toString("hex")}`))
      .padEnd(21, "7")
      .slice(0, 21),
    primaryEmail: email,
    ...(aliases.length > 0 && { aliases }),
    suspended,
    archived,
    orgUnitPath: unit,
    isMailboxSetup: accounts.has(email),
  };
}

function members(domain: Domain, group: string, query: URLSearchParams) {
  const named = domain.groups.get(decodeURIComponent(group).toLowerCase());
  if (named === undefined) throw resourceNotFound("groupKey");
  const { page, nextPageToken } = pageOf(named, query, 200, 200);
  return {
    kind: "admin#directory#members",
    ...(page.length > 0 && { members: page.map((one) => toMember(domain, one)) }),
    ...(nextPageToken !== undefined && { nextPageToken }),
  };
}

function toMember({ groups, foreignGroups }: Domain, name: string) {
  if (name === "*") return { kind: "admin#directory#member", type: "CUSTOMER", role: "MEMBER", id: "C01abc" };
  return {
    kind: "admin#directory#member",
    email: name,
    role: "MEMBER",
    type: groups.has(name) || foreignGroups.has(name) ? "GROUP" : "USER",
  };
}

function pageOf<T>(all: readonly T[], query: URLSearchParams, usual: number, most: number) {
  const size = Number(query.get("maxResults") ?? usual);
  if (!Number.isInteger(size) || size < 1 || size > most) throw invalidInput("maxResults");
  const token = query.get("pageToken");
  const [, start] = /^p(\d+)$/.exec(Buffer.from(token ?? "", "base64url").toString()) ?? [];
  if (token !== null && start === undefined) throw invalidInput("pageToken");
  const from = Number(start ?? 0);
  const next = from + size;
  return {
    page: all.slice(from, next),
    nextPageToken: next < all.length ? Buffer.from(`p${next}`).toString("base64url") : undefined,
  };
}
