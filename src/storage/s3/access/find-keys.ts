import { refuse } from "../../../core/errors.ts";
import type { AccessKeys, KeySettings } from "../../../core/network/bucket-keys.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { Secret } from "../../../core/secret.ts";
import { isOfNetwork, textOfBody } from "../requests/call.ts";
import type { Send } from "../requests/send.ts";
import { textOf } from "../requests/xml.ts";

/** Gives the keys to sign with now; `stale` are some that were just refused. */
export type FindKeys = (stale?: AccessKeys) => Promise<AccessKeys>;

type Parts = Readonly<{
  settings: KeySettings;
  send: Send;
  readFile: (path: string) => Promise<string>;
  clock: Clock;
  region: string;
  /** Of the security token service, and of the metadata service that machines of EC2 have (IMDSv2). */
  servers?: Readonly<{ tokens: URL; metadata: URL }>;
}>;

type EndingKeys = Readonly<{ keys: AccessKeys; endAt: number }>;

/** Keys are asked for anew so long before they end. */
const AHEAD_MS = 5 * 60_000;

/**
 * Finds the keys that sign requests: those that are set; else those of a web identity, of a container, or of the machine's
 * role. What ends is asked for again in time. Throws `settings_invalid` where there are none.
 */
export function findKeys({ settings, send, readFile, clock, region, servers }: Parts): FindKeys {
  const { own, webIdentity, container } = settings;
  if (own) return async () => own;
  const tokens = servers?.tokens ?? new URL(`https://sts.${region}.amazonaws.com`);
  const metadata = servers?.metadata ?? new URL("http://169.254.169.254");

  const ask = async (method: string, url: URL, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await send({ method, url, headers: { "user-agent": "gmail-export", ...headers } });
    const text = await textOfBody(answer);
    if (answer.status === 200) return text;
    throw noKeys(url, textOf(text, "Code") || `HTTP ${answer.status}`);
  };

  const ofWebIdentity = async ({ tokenFile, role, session }: NonNullable<typeof webIdentity>): Promise<EndingKeys> => {
    const url = new URL(tokens);
    url.search = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: role,
      RoleSessionName: session,
      WebIdentityToken: (await readFile(tokenFile)).trim(),
    }).toString();
    const xml = await ask("POST", url);
    return keysIn(url, (name) => textOf(xml, name === "Token" ? "SessionToken" : name));
  };
  const ofContainer = async ({ url, token, tokenFile }: NonNullable<typeof container>): Promise<EndingKeys> => {
    const authorization = tokenFile === undefined ? token?.reveal() : (await readFile(tokenFile)).trim();
    return keysInJson(url, await ask("GET", url, authorization === undefined ? {} : { authorization }));
  };
  const ofMachine = async (): Promise<EndingKeys> => {
    const at = (path: string): URL => new URL(path, metadata);
    const token = await ask("PUT", at("/latest/api/token"), { "x-aws-ec2-metadata-token-ttl-seconds": "300" });
    const headers = { "x-aws-ec2-metadata-token": token };
    const list = "/latest/meta-data/iam/security-credentials/";
    const [role = ""] = (await ask("GET", at(list), headers)).split("\n");
    const url = at(list + encodeURIComponent(role.trim()));
    return keysInJson(url, await ask("GET", url, headers));
  };

  const find = async (): Promise<EndingKeys> => {
    try {
      if (webIdentity) return await ofWebIdentity(webIdentity);
      return await (container ? ofContainer(container) : ofMachine());
    } catch (error) {
      throw isOfNetwork(error)
        ? noKeys(webIdentity ? tokens : (container?.url ?? metadata), "it does not answer")
        : error;
    }
  };

  let held: EndingKeys | undefined;
  let asking: Promise<EndingKeys> | undefined;
  return async (stale) => {
    if (held && held.keys !== stale && held.endAt - AHEAD_MS > clock.now()) return held.keys;
    asking ??= find().finally(() => (asking = undefined));
    held = await asking;
    return held.keys;
  };
}

function keysInJson(url: URL, text: string): EndingKeys {
  let found: Record<string, unknown> = {};
  try {
    found = JSON.parse(text);
  } catch {
    // what is missing is told below
  }
  return keysIn(url, (name) => (typeof found[name] === "string" ? found[name] : ""));
}

function keysIn(url: URL, read: (name: string) => string): EndingKeys {
  const [keyId, secret, token, end] = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"].map(read);
  if (!keyId || !secret) throw noKeys(url, "it names none");
  const endAt = Date.parse(end ?? "");
  return {
    keys: { keyId, secret: new Secret(secret), ...(token && { sessionToken: new Secret(token) }) },
    endAt: Number.isNaN(endAt) ? 0 : endAt,
  };
}

function noKeys({ host }: URL, why: string): Error {
  return refuse(
    "settings_invalid",
    `There are no keys for the bucket: none are set, and ${host} gives none (${why}).`,
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role that may use the bucket.",
  );
}
