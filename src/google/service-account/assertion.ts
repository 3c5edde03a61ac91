import type { Clock } from "../../core/ports/clock.ts";
import { askGoogle } from "../ask-google.ts";
import { readTokenAnswer, TOKEN_ENDPOINT, type Refusal, type Tokens } from "../token-endpoint.ts";
import type { ServiceAccount } from "./service-account.ts";

/** The longest life that Google allows an assertion. */
const LIFE_SECONDS = 3_600;

/** What is asked for: `subject` undefined asks for the service account's own token, which nobody has to delegate. */
export type Wanted = Readonly<{ subject: string | undefined; scopes: readonly string[] }>;

/** A refusal, and by how much this machine's clock is ahead of Google's, where that is known. */
export type Refused = Refusal & Readonly<{ aheadMs: number | undefined }>;

/**
 * A signed assertion for an access token (RFC 7523 §2.1). The library's own JWT client goes by the machine's clock and by one
 * token endpoint whatever the key file says (ADR 19). Asked once; repeating is the caller's affair.
 */
export async function redeemAssertion(
  account: ServiceAccount,
  { subject, scopes }: Wanted,
  clock: Clock,
  signal: AbortSignal,
): Promise<Tokens | Refused> {
  const askedAt = clock.now();
  const iat = Math.floor(askedAt / 1_000);
  const claims = {
    iss: account.email,
    ...(subject !== undefined && { sub: subject }),
    scope: scopes.join(" "),
    aud: account.tokenUri,
    iat,
    exp: iat + LIFE_SECONDS,
  };
  const assertion = await account.sign(JSON.stringify(claims), signal);
  const answer = await askGoogle(TOKEN_ENDPOINT, signal, (client) =>
    client.transporter.request({
      url: account.tokenUri,
      method: "POST",
      data: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: assertion.reveal(),
      }),
    }),
  );
  const given = readTokenAnswer(answer, askedAt);
  if (!("error" in given)) return given;
  return { ...given, aheadMs: answer.date === undefined ? undefined : askedAt - answer.date };
}
