import type { Secret } from "../../core/secret.ts";

/** Who may read the mailboxes of a whole domain, once its administrator has delegated that (gmail-api.md §8). */
export type ServiceAccount = Readonly<{
  /** `client_email`: who signs. */
  email: string;
  /** The number that the Admin console asks for; undefined where no key file tells it. */
  clientId: string | undefined;
  /** Where assertions are redeemed, and whom they are made for (`aud`). */
  tokenUri: string;
  projectId?: string;
  /** The JWT (RFC 7515, RS256) of these claims, which are JSON. */
  sign(claims: string, signal: AbortSignal): Promise<Secret>;
}>;

/** What there is to read a domain with; undefined where none is set up. Throws `credentials_invalid`. */
export type FindServiceAccount = () => Promise<ServiceAccount | undefined>;
