import type { Finding, FindingId, Status } from "../../../doctor/finding.ts";

/** What a finding is about; `account` is that of each account. */
const ABOUT = ["machine", "google", "accounts"] as const;

type About = (typeof ABOUT)[number];

const PLACES: Readonly<Record<FindingId, About>> = {
  node: "machine",
  settings: "machine",
  credentials: "google",
  credentials_private: "machine",
  redirect_uri: "google",
  service_account: "google",
  scopes_asked: "google",
  port: "machine",
  token_dir: "machine",
  state_dir: "machine",
  export_dir: "machine",
  database: "machine",
  host_authorization: "google",
  host_token: "google",
  host_gmail: "google",
  clock: "machine",
  tier: "google",
  directory: "google",
  signed_in: "accounts",
  delegation: "accounts",
  grant: "accounts",
  grant_age: "accounts",
  scopes_granted: "accounts",
  gmail: "accounts",
  schedules: "accounts",
  notify_url: "machine",
  disk_room: "machine",
};

/** Findings of one thing, in the order in which they were told; `account` where it is one account. */
export type Group = Readonly<{ about: About; account: string | undefined; findings: readonly Finding[] }>;

/** This machine, Google, what concerns all accounts, then account by account; nothing where nothing was found. */
function grouped(findings: readonly Finding[]): Group[] {
  const groups = new Map<string, Finding[]>(ABOUT.map((about) => [about, []]));
  for (const finding of findings) {
    const name = finding.account === undefined ? PLACES[finding.id] : `account ${finding.account}`;
    groups.set(name, [...(groups.get(name) ?? []), finding]);
  }
  return [...groups.values()].flatMap((of) => {
    const [first] = of;
    return first ? [{ about: PLACES[first.id], account: first.account, findings: of }] : [];
  });
}

const WORST_FIRST = ["fail", "warn", "skipped", "ok"] as const satisfies readonly Status[];

/** What a person should look at, worst first, and what is fine. What could not be looked at is not fine. */
export function sorted(findings: readonly Finding[]): Readonly<{ open: Group[]; fine: Group[] }> {
  const worst = ({ findings: of }: Group): number => Math.min(...of.map(({ status }) => WORST_FIRST.indexOf(status)));
  return {
    open: grouped(findings.filter(({ status }) => status !== "ok")).toSorted((a, b) => worst(a) - worst(b)),
    fine: grouped(findings.filter(({ status }) => status === "ok")),
  };
}
