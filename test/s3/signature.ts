import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Who may ask, and how they sign. */
export type Signer = Readonly<{ keyId: string; secret: string; sessionToken?: string; region: string }>;

type Signed = Readonly<{
  method: string;
  /** Path and query as they stand in the request. */
  path: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Buffer;
}>;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A server's clock and a signature may be so far apart. */
const SKEW_MS = 15 * 60_000;

/**
 * What a server says of a signature, as an error code of S3; undefined where it is good. By the words of the specification:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */
export function faultOfSignature(
  { method, path, headers, body }: Signed,
  signer: Signer,
  now: number,
): string | undefined {
  const given = String(headers["authorization"] ?? "");
  const [, keyId, day, region, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      given,
    ) ?? ([] as undefined[]);
  if (keyId === undefined) return "AccessDenied";
  if (keyId !== signer.keyId) return "InvalidAccessKeyId";
  if (region !== signer.region) return "AuthorizationHeaderMalformed";
  if (headers["x-amz-security-token"] !== signer.sessionToken) return "InvalidToken";
  const date = String(headers["x-amz-date"]);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(at - now) < SKEW_MS)) return "RequestTimeTooSkewed";
  const content = String(headers["x-amz-content-sha256"]);
  if (content !== sha256(body)) return "XAmzContentSHA256Mismatch";
  // All that says something to S3 must be signed.
  const signedNames = names!.split(";");
  const must = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (must.some((name) => !signedNames.includes(name))) return "AccessDenied";

  const [pathname = "", search = ""] = path.split("?");
  const query = search
    .split("&")
    .filter(Boolean)
    .map((pair) => {
      const [name = "", value = ""] = pair.split("=");
      return `${strict(decodeURIComponent(name))}=${strict(decodeURIComponent(value))}`;
    })
    .toSorted()
    .join("&");
  const canonical = [
    method,
    decodeURIComponent(pathname).split("/").map(strict).join("/"),
    query,
    ...signedNames.map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    content,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = ["s3", "aws4_request"].reduce(hmac, hmac(hmac(`AWS4${signer.secret}`, day!), region));
  const expected = hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n"));
  return timingSafeEqual(expected, Buffer.from(signature!, "hex")) ? undefined : "SignatureDoesNotMatch";
}

/** Every byte but those that RFC 3986 calls unreserved is %XX. */
function strict(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
