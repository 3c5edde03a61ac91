import type { Grant } from "../grant.ts";

/**
 * Where grants rest, one per account, found under every spelling of it. `save` is atomic and durable. Throws
 * `grant_unreadable` and keeps what it cannot read. Implemented by `state/embedded/grants/sealed-grants.ts`.
 */
export type Grants = Readonly<{
  load(account: string): Promise<Grant | undefined>;
  save(grant: Grant): Promise<void>;
  remove(account: string): Promise<void>;
  /** Accounts that have a readable grant. */
  accounts(): Promise<readonly string[]>;
  /** Names of all that are stored, those that cannot be read too: an address, or what stands for one in a file's name. */
  stored(): Promise<readonly string[]>;
  /**
   * Runs `work` while no other call or process does so for this account. Rejects with the signal's reason when aborted
   * before its turn; `work` itself is not stopped.
   */
  lockAccount<T>(account: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}>;
