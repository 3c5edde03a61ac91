import { endInTesting, type Grant } from "../../core/grant.ts";
import type { EpochMs } from "../../core/time.ts";
import { attempt, type Outcome } from "../attempt.ts";
import type { Facts } from "../facts.ts";
import { fail, ok, warn, type Finding } from "../finding.ts";
import { number, PUBLISH, signIn, signInAnew } from "../words.ts";
import { delegationFinding } from "./domain.ts";
import { callGmail, gmailFinding, notAsked } from "./gmail.ts";
import { countLeft, type Left } from "./left.ts";
import { scopesGrantedFinding } from "./scopes.ts";

const DAY_MS = 24 * 60 * 60_000;

/** The accounts to look at; and, where none was named, what there is to say of all that are signed in. */
export async function findAccounts(
  facts: Facts,
  account: string | undefined,
): Promise<Readonly<{ accounts: readonly string[]; findings: readonly Finding[] }>> {
  if (account !== undefined) return { accounts: [account], findings: [] };
  const found = await attempt(facts.signedIn());
  return { accounts: "value" in found ? found.value.accounts : [], findings: [signedInFinding(found)] };
}

/** Of all accounts: who is signed in, and whether every stored sign-in can be opened. */
function signedInFinding(found: Outcome<Readonly<{ accounts: readonly string[]; stored: number }>>): Finding {
  if ("failure" in found)
    return fail("signed_in", found.failure.message, "No stored sign-in can be opened.", found.failure.next);
  const { accounts, stored } = found.value;
  if (stored === 0)
    return warn(
      "signed_in",
      "Nobody is signed in",
      "Mail can be read with its owner's consent only.",
      `${signIn("")}.`,
    );
  const closed = stored - accounts.length;
  if (closed > 0)
    return fail(
      "signed_in",
      `${number(closed)} of ${number(stored)} stored sign-ins cannot be opened`,
      "A file in TOKEN_DIR is damaged, may not be read, or was sealed with another key; its account cannot be exported.",
      "Put back the key (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR); or sign in again, which replaces the file. " +
        "gmail-export doctor you@example.com says more of one account.",
    );
  return ok("signed_in", `${number(stored)} signed in: ${accounts.join(", ")}`);
}

/** `left`: what of its mail is not exported yet; undefined when Gmail could not be asked. */
export type Examined = Readonly<{ findings: readonly Finding[]; left: Left | undefined }>;

/** All of one account. `obstacle` is why Gmail cannot be asked for anybody. */
export async function examine(
  facts: Facts,
  account: string,
  { obstacle, projectId }: Readonly<{ obstacle: string | undefined; projectId: string | undefined }>,
  signal: AbortSignal,
): Promise<Examined> {
  const isDelegated = await attempt(facts.domain.isDelegated(account));
  const delegated = "value" in isDelegated && isDelegated.value;
  if (delegated) return examineDelegated(facts, account, { obstacle, projectId }, signal);
  const grant = grantFindings(account, await attempt(facts.grant(account)), facts.now());
  const about = (gmail: Finding): Finding[] => [...grant, gmail].map(of(account));
  const closed = grant.find(({ id, status }) => id === "grant" && status === "fail");
  const why = closed ? `${closed.what}.` : obstacle;
  if (why !== undefined) return { findings: about(notAsked(account, why)), left: undefined };

  return askGmail(facts, account, projectId, about, signal);
}

/** What a service account reads: no sign-in is looked for. */
async function examineDelegated(
  facts: Facts,
  account: string,
  { obstacle, projectId }: Readonly<{ obstacle: string | undefined; projectId: string | undefined }>,
  signal: AbortSignal,
): Promise<Examined> {
  const about = (...findings: Finding[]): Finding[] => findings.map(of(account));
  if (obstacle !== undefined) return { findings: about(notAsked(account, obstacle)), left: undefined };
  const delegation = await delegationFinding(facts, account, signal);
  if (delegation.status === "fail")
    return { findings: about(delegation, notAsked(account, delegation.what)), left: undefined };
  return askGmail(facts, account, projectId, (gmail) => about(delegation, gmail), signal);
}

async function askGmail(
  facts: Facts,
  account: string,
  projectId: string | undefined,
  about: (gmail: Finding) => Finding[],
  signal: AbortSignal,
): Promise<Examined> {
  const called = await callGmail(facts, account, signal);
  const findings = about(gmailFinding(account, called, projectId));
  if (!("profile" in called)) return { findings, left: undefined };
  const manifest = await attempt(facts.manifest(account));
  const known = "value" in manifest ? manifest.value : undefined; // for an estimate it does not matter why
  return { findings, left: countLeft(called.profile, known) };
}

function of(account: string): (finding: Finding) => Finding {
  return (finding) => ({ ...finding, account });
}

/** What can be said of an account without asking Google. */
function grantFindings(account: string, found: Outcome<Grant | undefined>, now: EpochMs): Finding[] {
  if ("failure" in found)
    return [fail("grant", found.failure.message, `The mail of ${account} cannot be read.`, found.failure.next)];
  const grant = found.value;
  if (grant === undefined)
    return [
      fail(
        "grant",
        `${account} is not signed in`,
        "Mail can be read with its owner's consent only.",
        `${signIn(account)}.`,
      ),
    ];
  if (grant.revoked !== undefined)
    return [fail("grant", `The sign-in of ${account} has ended`, grant.revoked, signInAnew(account))];
  const stored = ok("grant", `The sign-in of ${account} is stored and can be opened`);
  return [stored, ageFinding(account, grant.grantedAt, now), scopesGrantedFinding(account, grant.scopes)];
}

function ageFinding(account: string, grantedAt: EpochMs, now: EpochMs): Finding {
  const days = (now - grantedAt) / DAY_MS;
  const since = `${account} signed in ${daysAgo(days)}`;
  const at = endInTesting(grantedAt, now);
  if (at === undefined)
    return ok("grant_age", days < 7 ? since : `${since}, longer than the seven days of a project in Testing`);
  const end = new Date(at).toISOString();
  return warn(
    "grant_age",
    `${since}: in a project that is in Testing this sign-in ends at ${end}`,
    "Google ends every sign-in of such a project after seven days. Whether yours is one cannot be seen from here.",
    `To be sure, ${PUBLISH}, then sign in once more: ${signIn(account)}. Where that page says In production or Internal, ` +
      "there is nothing to do.",
  );
}

function daysAgo(days: number): string {
  const whole = Math.max(0, Math.floor(days));
  if (whole === 0) return "less than a day ago";
  return whole === 1 ? "a day ago" : `${number(whole)} days ago`;
}
