import { PROJECT_NUMBER } from "../errors.ts";
import { random } from "../mail/random.ts";

export type ClientOptions = Readonly<{
  type: "installed" | "web";
  /** Registered with a web client; an installed one needs none. */
  redirectUris?: readonly string[];
  /** The file lacks its secret, and the token endpoint does not ask for it. Installed clients only. */
  withoutSecret?: boolean;
}>;

/** The project's one OAuth client. */
export type Client = Readonly<{
  type: "installed" | "web";
  client_id: string;
  client_secret: string;
  needsSecret: boolean;
  redirectUris: readonly string[];
}>;

export function makeClient({ type, redirectUris = [], withoutSecret = false }: ClientOptions, seed: number): Client {
  if (type === "web" && withoutSecret) throw new Error("a web client always has a secret");
  const draw = random(seed, "client");
  return {
    type,
    client_id: `${PROJECT_NUMBER}-${draw.hex(32)}.apps.googleusercontent.com`,
    client_secret: `GOCSPX-${draw.bytes(21).toString("base64url")}`,
    needsSecret: !withoutSecret,
    redirectUris: type === "installed" ? ["http://localhost"] : redirectUris,
  };
}

/** credentials.json as downloaded from the Cloud console: one key, `installed` or `web`. */
export type Credentials = Readonly<
  Record<
    string,
    Readonly<{
      client_id: string;
      project_id: string;
      auth_uri: string;
      token_uri: string;
      auth_provider_x509_cert_url: string;
      client_secret?: string;
      redirect_uris?: readonly string[];
    }>
  >
>;

/** Its endpoints are the simulator's. */
export function credentialsFile(client: Client, url: string): Credentials {
  const { type, client_id, client_secret, needsSecret, redirectUris } = client;
  return {
    [type]: {
      client_id,
      project_id: "simulated-project",
      auth_uri: `${url}/o/oauth2/auth`,
      token_uri: `${url}/token`,
      auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
      ...(needsSecret ? { client_secret } : {}),
      ...(redirectUris.length > 0 ? { redirect_uris: redirectUris } : {}),
    },
  };
}

/** Installed clients use any port and path of a loopback address (RFC 8252 §7.3); web clients exactly what is registered. */
export function allowsRedirect({ type, redirectUris }: Client, redirectUri: string): boolean {
  if (type === "web") return redirectUris.includes(redirectUri);
  if (!URL.canParse(redirectUri) || redirectUri.includes("#")) return false;
  const { protocol, hostname, username, password } = new URL(redirectUri);
  return (
    protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname) && `${username}${password}` === ""
  );
}
