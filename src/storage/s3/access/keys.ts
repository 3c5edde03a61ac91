import type { Secret } from "../../../core/secret.ts";

/** What signs requests to a bucket. */
export type AccessKeys = Readonly<{
  keyId: string;
  secret: Secret;
  /** Of keys that end. */
  sessionToken?: Secret;
}>;

/** Gives the keys to sign with now; `stale` are some that were just refused. */
export type FindKeys = (stale?: AccessKeys) => Promise<AccessKeys>;
