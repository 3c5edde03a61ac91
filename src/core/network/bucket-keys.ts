import type { Secret } from "../secret.ts";

/** What signs requests to a bucket. */
export type AccessKeys = Readonly<{
  keyId: string;
  secret: Secret;
  /** Of keys that end. */
  sessionToken?: Secret;
}>;

/** Where the keys of a bucket are, by the names that AWS gives its own settings. */
export type KeySettings = Readonly<{
  /** Keys as they are. */
  own: AccessKeys | undefined;
  /** A token in a file, for which the security token service gives keys of a role: pods of EKS, and CI. */
  webIdentity: Readonly<{ tokenFile: string; role: string; session: string }> | undefined;
  /** An address within the machine that gives keys: tasks of ECS, pods with EKS Pod Identity. */
  container: Readonly<{ url: URL; token: Secret | undefined; tokenFile: string | undefined }> | undefined;
}>;

/** How buckets are reached. `endpoint` undefined means Amazon's own server in the region. */
export type BucketSettings = Readonly<{ endpoint: URL | undefined; region: string; keys: KeySettings }>;
