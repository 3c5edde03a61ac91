import type { Grants } from "../../core/ports/grants.ts";
import type { Rotated } from "../../core/ports/state.ts";
import type { KeyHolder } from "./keys.ts";

/**
 * Gives all grants a new key: first the key changes, with the one before still accepted, then each grant is sealed anew
 * while nobody else writes it, and last the one before is forgotten. Cut short anywhere, the same call ends it. Other
 * processes may go on meanwhile: they read the keys at each use. Hold a lock against another rotation.
 */
export async function rotateKey(holder: KeyHolder, store: Grants, signal: AbortSignal): Promise<Rotated> {
  const { current, former } = await holder.keys();
  const wasCutShort = former !== undefined && !former.equals(current);
  if (!wasCutShort) await holder.change?.renew();
  const accounts = await store.accounts();
  for (const account of accounts)
    await store.lockAccount(
      account,
      async () => {
        const grant = await store.load(account);
        if (grant !== undefined) await store.save(grant);
      },
      signal,
    );
  const unopened = (await store.stored()).length - (await store.accounts()).length;
  if (unopened === 0) await holder.change?.settle();
  return { sealedAnew: accounts.length, unopened };
}
