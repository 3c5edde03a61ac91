/** A user of a domain, as its directory tells. */
export type DomainUser = Readonly<{
  /** The first address. */
  email: string;
  aliases: readonly string[];
  /** The path of the organisational unit: "/" is the topmost, "/Sales/East" one below another. */
  unit: string;
  suspended: boolean;
  archived: boolean;
  /** False where the directory says that there is no mailbox; true does not promise one. */
  hasMailbox: boolean;
}>;

/** Who is in a group, those in groups inside it included. */
export type GroupMembers = Readonly<{
  /** In lower case; of other domains, too. */
  addresses: ReadonlySet<string>;
  /** Everybody of the domain is in it. */
  everybody: boolean;
  /** Groups inside it whose members cannot be read: those of other organisations. */
  unreadable: readonly string[];
}>;

/**
 * Who is in a domain. Throws `settings_invalid` where nobody is named whose eyes see it, `forbidden` where they see nothing,
 * `api_disabled`, and all that an access token can be refused with. Implemented by `google/directory/domain-directory.ts`.
 */
export type DomainDirectory = Readonly<{
  /** Every user once, page by page; those who are suspended and archived too. */
  listUsers(signal: AbortSignal): AsyncIterable<readonly DomainUser[]>;
  /** Throws `invalid_request` where there is no such group. */
  listMembers(group: string, signal: AbortSignal): Promise<GroupMembers>;
}>;
