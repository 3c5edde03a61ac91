import type { Clock } from "../../../core/ports/clock.ts";
import type { DomainDirectory } from "../../../core/ports/domain-directory.ts";
import type { EpochMs } from "../../../core/time.ts";
import { findAccounts, type AccountFilter, type FoundAccounts } from "../../../pipeline/domain/choose-accounts.ts";

/** A page of a list is asked for soon after the one before it. */
const KEEP_MS = 60_000;
/** Lists of ten thousand users take some megabytes each. */
const MOST_LISTS = 4;

type FindAccounts = (filter: AccountFilter, signal: AbortSignal) => Promise<FoundAccounts>;

/** Who is in the domain, read anew after a minute: a list of many pages would else be read once for each of them. */
export function rememberAccounts(directory: DomainDirectory, clock: Clock): FindAccounts {
  const known = new Map<string, Readonly<{ found: FoundAccounts; until: EpochMs }>>();
  return async (filter, signal) => {
    const name = JSON.stringify([filter.unit, filter.group, filter.match]);
    const kept = known.get(name);
    if (kept !== undefined && clock.now() < kept.until) return kept.found;
    const found = await findAccounts(directory, filter, signal);
    known.delete(name);
    known.set(name, { found, until: clock.now() + KEEP_MS });
    for (const oldest of known.keys()) if (known.size > MOST_LISTS) known.delete(oldest);
    return found;
  };
}
