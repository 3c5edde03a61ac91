import { generateKeyPairSync, type KeyObject } from "node:crypto";

const AUTH = "https://www.googleapis.com/auth/";
export const READ_USERS = `${AUTH}admin.directory.user.readonly`;
export const READ_MEMBERS = `${AUTH}admin.directory.group.member.readonly`;

/** A user as the domain's directory knows one. */
export type DirectoryUser = Readonly<{
  email: string;
  aliases?: readonly string[];
  /** Organisational unit; default the topmost, "/". */
  unit?: string;
  suspended?: boolean;
  archived?: boolean;
}>;

export type DomainOptions = Readonly<{
  /** Default: all accounts, in the topmost unit. One that is no account has no mailbox. */
  users?: readonly DirectoryUser[];
  /** Addresses of users, of other groups, or "*" for everybody in the domain, by the group's address. */
  groups?: Readonly<Record<string, readonly string[]>>;
  /** Who may read the directory. Default the first account. */
  administrators?: readonly string[];
  /** The scopes that the Admin console names for the service account. Default: reading mail, users and members. */
  delegated?: readonly string[];
}>;

/** A Workspace domain and the project's one service account. Change what is not read-only at any time. */
export type Domain = {
  readonly users: Map<string, DirectoryUser>;
  readonly groups: Map<string, readonly string[]>;
  readonly administrators: Set<string>;
  /** Groups of other organisations: members of ours, and nobody here is told who is in them. */
  readonly foreignGroups: Set<string>;
  delegated: readonly string[];
  /** `client_email` and the numeric `client_id` of the service account, and its key file. */
  readonly serviceAccount: string;
  readonly clientId: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** The key was deleted in the Cloud console. */
  isKeyDeleted: boolean;
  /** The machine has an identity of its own, which may sign for the service account. */
  hasMachineIdentity: boolean;
  mayMachineSign: boolean;
  /** Calls to anything but Gmail, by name; and the JWTs that bought a token. */
  readonly calls: Record<string, number>;
  readonly assertions: string[];
};

const PROJECT = "simulated-project";

/** Made once: it takes longer than a whole simulated Google. */
let keys: Readonly<{ publicKey: KeyObject; privateKey: KeyObject }> | undefined;

export function openDomain(options: DomainOptions, accounts: readonly string[]): Domain {
  keys ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
  const users = options.users ?? accounts.map((email) => ({ email }));
  return {
    users: new Map(users.map((user) => [user.email.toLowerCase(), user])),
    groups: new Map(Object.entries(options.groups ?? {})),
    administrators: new Set(options.administrators ?? accounts.slice(0, 1)),
    foreignGroups: new Set(),
    delegated: options.delegated ?? [`${AUTH}gmail.readonly`, READ_USERS, READ_MEMBERS],
    serviceAccount: `exporter@${PROJECT}.iam.gserviceaccount.com`,
    clientId: "104212345678901234567",
    ...keys,
    isKeyDeleted: false,
    hasMachineIdentity: true,
    mayMachineSign: true,
    calls: {},
    assertions: [],
  };
}

/** The user of an address, be it the first one or an alias. */
export function userOf({ users }: Domain, address: string): DirectoryUser | undefined {
  const lower = address.toLowerCase();
  return (
    users.get(lower) ??
    [...users.values()].find(({ aliases = [] }) => aliases.some((one) => one.toLowerCase() === lower))
  );
}

/** The file that the Cloud console gives out with a new key; its token endpoint is the simulator's. */
export function keyFile({ serviceAccount, clientId, privateKey }: Domain, url: string) {
  return {
    type: "service_account",
    project_id: PROJECT,
    private_key_id: "0123456789abcdef0123456789abcdef01234567",
    private_key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    client_email: serviceAccount,
    client_id: clientId,
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: `${url}/token`,
    auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(serviceAccount)}`,
    universe_domain: "googleapis.com",
  };
}
