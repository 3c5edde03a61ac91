import { failureOf, type Failure } from "../../core/errors.ts";
import { concernsOne, type ReadProfile } from "./count-mail.ts";

/** Accounts of other domains that are asked before it is said that none can be read. */
const MOST_DOMAINS = 4;

/**
 * Asks for one account of each domain before all are begun (1 unit each): where nothing is delegated, that is said once and
 * at once, and not by each account after three tries. Throws what stands in the way of every one; what may pass, or is
 * about one account, is left to the exports themselves.
 */
export async function assertReadable(
  accounts: readonly string[],
  readProfile: ReadProfile,
  signal: AbortSignal,
): Promise<void> {
  const first = new Map<string, string>();
  for (const account of accounts) {
    const domain = account.slice(account.lastIndexOf("@") + 1).toLowerCase();
    if (!first.has(domain)) first.set(domain, account);
    if (first.size === MOST_DOMAINS) break;
  }
  const asked = await Promise.all([...first.values()].map((account) => whatStops(account, readProfile, signal)));
  const stopped = asked.flatMap((one) => (one === undefined ? [] : [one]));
  if (stopped.length > 0 && stopped.length === asked.length) throw stopped[0]!.error;
}

/** What stands in the way of this account and of all like it. */
async function whatStops(
  account: string,
  readProfile: ReadProfile,
  signal: AbortSignal,
): Promise<Readonly<{ error: unknown }> | undefined> {
  try {
    await readProfile(account, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return isFinal(failure) && !concernsOne(failure) ? { error } : undefined;
  }
}

function isFinal({ retry }: Failure): boolean {
  return retry === "never";
}
