import { failureOf } from "./core/errors.ts";
import { formatBucketPlace, isInBucket, parseBucketPlace } from "./core/export/place.ts";
import type { BucketSettings, KeySettings } from "./core/network/bucket-keys.ts";
import { isLoopback } from "./core/network/loopback.ts";
import { Secret } from "./core/secret.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Refused = (setting: string, why: string) => void;

/** Where tasks of ECS ask for keys. Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html. */
const ECS = "http://169.254.170.2";

/** Hosts that a container may ask without encryption: this machine's own, those of ECS, and of EKS. */
const CONTAINER_HOSTS = new Set(["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]);

/** Reads how buckets are reached. The names are those that AWS gives these settings; values of secrets are never shown. */
export function readBucketSettings(env: Env, refused: Refused): BucketSettings {
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const secret = (name: string): Secret | undefined => {
    const given = text(name);
    return given === undefined ? undefined : new Secret(given);
  };
  const region = text("S3_REGION") ?? text("AWS_REGION") ?? "us-east-1";
  if (!/^[a-z0-9-]{1,40}$/.test(region)) refused("S3_REGION", "must be the name of a region, such as eu-central-1");

  const keyId = text("AWS_ACCESS_KEY_ID");
  const key = secret("AWS_SECRET_ACCESS_KEY");
  const sessionToken = secret("AWS_SESSION_TOKEN");
  if ((keyId === undefined) !== (key === undefined))
    refused(
      keyId === undefined ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
      "is missing: of the two either both are set, or none",
    );

  const tokenFile = text("AWS_WEB_IDENTITY_TOKEN_FILE");
  const role = text("AWS_ROLE_ARN");
  const session = text("AWS_ROLE_SESSION_NAME") ?? "gmail-export";
  const keys: KeySettings = {
    own: keyId && key ? { keyId, secret: key, ...(sessionToken && { sessionToken }) } : undefined,
    webIdentity: tokenFile && role ? { tokenFile, role, session } : undefined,
    container: containerOf(
      text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
      text("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
      { token: secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"), tokenFile: text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") },
      refused,
    ),
  };
  return { endpoint: endpointOf(text("S3_ENDPOINT"), refused), region, keys };
}

/** Where exports lie when that is in a bucket; undefined where it is a path. */
export function readBucketPlace(name: string, given: string, refused: Refused): string | undefined {
  if (!isInBucket(given)) return undefined;
  try {
    return formatBucketPlace(parseBucketPlace(given));
  } catch (error) {
    if (!failureOf(error)) throw error;
    refused(name, "must be a path, or a place in a bucket, such as s3://bucket/mail");
    return undefined;
  }
}

function endpointOf(given: string | undefined, refused: Refused): URL | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  const isPlain = url?.protocol === "http:" && isLoopback(url.hostname);
  if (url && (isPlain || url.protocol === "https:") && url.pathname === "/" && url.search === "" && url.username === "")
    return url;
  refused(
    "S3_ENDPOINT",
    "must be an https URL without a path (http only on this machine, such as http://localhost:9000)",
  );
  return undefined;
}

function containerOf(
  path: string | undefined,
  full: string | undefined,
  tokens: Pick<NonNullable<KeySettings["container"]>, "token" | "tokenFile">,
  refused: Refused,
): KeySettings["container"] {
  const given = path === undefined ? full : ECS + path;
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (url?.protocol === "https:" || (url && (isLoopback(url.hostname) || CONTAINER_HOSTS.has(url.hostname))))
    return { url, ...tokens };
  refused(
    path === undefined ? "AWS_CONTAINER_CREDENTIALS_FULL_URI" : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "must lead to this machine, or be an https URL",
  );
  return undefined;
}
