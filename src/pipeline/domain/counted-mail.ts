import { canonicalAccount } from "../../core/account.ts";
import type { CountedUser, ReadProfile } from "./count-mail.ts";

export type Mail = NonNullable<CountedUser["mail"]>;

/** Accounts of which it is remembered how much mail they have. */
const MOST_ACCOUNTS = 50_000;

/** How much mail accounts had when they were last asked, for forecasts: a restart forgets it, and counting again is cheap. */
export type CountedMail = Readonly<{
  of(account: string): Mail | undefined;
  /** The same asking; what it brings is remembered. */
  remembering(readProfile: ReadProfile): ReadProfile;
}>;

export function createCountedMail(): CountedMail {
  const known = new Map<string, Mail>();
  return {
    of: (account) => known.get(canonicalAccount(account)),
    remembering: (readProfile) => async (account, signal) => {
      const profile = await readProfile(account, signal);
      const name = canonicalAccount(account);
      known.delete(name);
      known.set(name, { messages: profile.messagesTotal, conversations: profile.threadsTotal });
      for (const oldest of known.keys()) if (known.size > MOST_ACCOUNTS) known.delete(oldest);
      return profile;
    },
  };
}
