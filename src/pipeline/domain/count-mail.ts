import { failureOf, type Failure } from "../../core/errors.ts";
import type { DomainUser } from "../../core/ports/domain-directory.ts";
import type { Profile } from "../../core/ports/mailbox-source.ts";
import { isActive } from "./choose-accounts.ts";

/** Asks Gmail for the profile of an account (1 unit). */
export type ReadProfile = (
  account: string,
  signal: AbortSignal,
) => Promise<Pick<Profile, "messagesTotal" | "threadsTotal">>;

/** A user by address alone, or with what the directory tells. */
type Countable = Pick<DomainUser, "email"> & Partial<DomainUser>;

/** How much mail a user has; or why nobody can say. Neither: nobody was asked, as the directory tells that there is none to be had. */
export type CountedUser<User = DomainUser> = Readonly<{
  user: User;
  mail?: Readonly<{ messages: number; conversations: number }>;
  failure?: Failure;
}>;

/** Accounts that are asked about at once: each takes a token first, which costs Google a moment. */
const WIDTH = 8;

/**
 * Asks Gmail how much each of these users has, a few at a time, and answers in their order. Who is suspended, archived or
 * without a mailbox is not asked about. What goes wrong with one user is told of that user; what would go wrong with all,
 * such as a delegation that is missing, is thrown.
 */
export async function countMail<User extends Countable>(
  users: readonly User[],
  readProfile: ReadProfile,
  signal: AbortSignal,
  onCounted: (done: number) => void = () => {},
): Promise<readonly CountedUser<User>[]> {
  const counted: CountedUser<User>[] = [];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < users.length; at = next++) {
      counted[at] = await count(users[at]!, readProfile, either);
      onCounted((done += 1));
    }
  };
  const workers = Array.from({ length: Math.min(WIDTH, users.length) }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
  return counted;
}

async function count<User extends Countable>(
  user: User,
  readProfile: ReadProfile,
  signal: AbortSignal,
): Promise<CountedUser<User>> {
  const { suspended = false, archived = false, hasMailbox = true } = user;
  if (!isActive({ suspended, archived }) || !hasMailbox) return { user };
  try {
    const { messagesTotal, threadsTotal } = await readProfile(user.email, signal);
    return { user, mail: { messages: messagesTotal, conversations: threadsTotal } };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined || !concernsOne(failure)) throw error;
    return { user, failure };
  }
}

/** Whether it is wrong with one account, and may be right with all others. */
export function concernsOne({ code }: Failure): boolean {
  return CONCERNS_ONE.has(code);
}

const CONCERNS_ONE: ReadonlySet<string> = new Set<Failure["code"]>([
  "user_unusable",
  "no_mailbox",
  "forbidden",
  "bad_request",
  "not_signed_in",
  "consent_revoked",
  "scope_missing",
  "locked_out",
  "bandwidth_exceeded",
]);
