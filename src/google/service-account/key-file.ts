import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { resolve } from "node:path";

import { failureOf, refuse } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { isFields, readClientFileText, readEndpoint, readText, type Fault, type Fields } from "../credentials.ts";
import type { ServiceAccount } from "./service-account.ts";

const NEW_KEY =
  "In the Google Cloud console open IAM & Admin → Service Accounts → the account → Keys → Add key → JSON, and put the file there.";

/**
 * The service account whose key this file holds; undefined where there is no such file, or it holds something else. Read at
 * each use, as an OAuth client's file is. Throws `credentials_invalid`, without repeating a value of the file.
 */
export async function readServiceAccountKey(path: string): Promise<ServiceAccount | undefined> {
  const text = await readClientFileText(path).catch((error: unknown) => {
    if (failureOf(error)?.code === "credentials_missing") return "";
    throw error;
  });
  const parsed = parseKeyFile(text);
  if (parsed === undefined || !("fault" in parsed)) return parsed;
  throw refuse("credentials_invalid", `The key file ${resolve(path)} ${parsed.fault}.`, parsed.next ?? NEW_KEY);
}

/** Undefined when the text is no service account's key at all. */
function parseKeyFile(fileText: string): ServiceAccount | Fault | undefined {
  let json: unknown;
  try {
    json = JSON.parse(fileText.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  if (!isFields(json) || json["type"] !== "service_account") return undefined;
  const faults: string[] = [];
  const email = readText(json, "client_email", faults);
  const clientId = readText(json, "client_id", faults);
  const tokenUri = readEndpoint(json, "token_uri", faults);
  const key = readKey(json, faults);
  const universe = json["universe_domain"];
  if (universe !== undefined && universe !== "googleapis.com") faults.push("universe_domain is not googleapis.com");
  if (faults.length > 0 || key === undefined) return { fault: `cannot be used: ${faults.join("; ")}` };
  const { private_key_id: keyId, project_id: projectId } = json;
  return {
    email,
    clientId,
    tokenUri,
    ...(typeof projectId === "string" && { projectId }),
    sign: async (claims) => signWith(key, typeof keyId === "string" ? keyId : undefined, claims),
  };
}

function readKey(json: Fields, faults: string[]): KeyObject | undefined {
  const pem = readText(json, "private_key", faults);
  if (pem === "") return undefined;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {
    // what OpenSSL says of it may show some of it
  }
  faults.push("private_key is no RSA key in PEM");
  return undefined;
}

function signWith(key: KeyObject, kid: string | undefined, claims: string): Secret {
  const header = JSON.stringify({ alg: "RS256", typ: "JWT", ...(kid !== undefined && { kid }) });
  const signed = [header, claims].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return new Secret(`${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`);
}
