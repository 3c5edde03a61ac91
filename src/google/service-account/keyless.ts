import { refuse, type ExportError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { askGoogle, transient, type Answer } from "../ask-google.ts";
import { readErrorAnswer, type ErrorAnswer } from "../error-answer.ts";
import type { MachineToken } from "./machine-identity.ts";
import type { ServiceAccount } from "./service-account.ts";

const SERVER = "Google's IAM Credentials API";

type Parts = Readonly<{
  /** The service account's address. */
  email: string;
  /** Root of the IAM Credentials API. */
  iamUrl: string;
  tokenUri: string;
  machineToken: MachineToken;
}>;

/**
 * A service account without a key file: IAM Credentials signs with a key that never leaves Google, for the machine's own
 * identity where that has the role for it. Source: projects.serviceAccounts.signJwt.
 */
export function keylessServiceAccount({ email, iamUrl, tokenUri, machineToken }: Parts): ServiceAccount {
  const url = new URL(`/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signJwt`, iamUrl).href;

  const ask = async (token: Secret, payload: string, signal: AbortSignal): Promise<Answer> =>
    askGoogle(SERVER, signal, (client) =>
      client.transporter.request({
        url,
        method: "POST",
        headers: { authorization: `Bearer ${token.reveal()}`, "content-type": "application/json" },
        data: JSON.stringify({ payload }),
      }),
    );

  return {
    email,
    clientId: undefined,
    tokenUri,
    async sign(claims, signal) {
      let token = await machineToken(undefined, signal);
      let answer = await ask(token, claims, signal);
      if (answer.status === 401) {
        token = await machineToken(token, signal);
        answer = await ask(token, claims, signal);
      }
      if (answer.status !== 200) throw refusalOf(email, readErrorAnswer(answer));
      const { body } = answer;
      const signed = typeof body === "object" && body !== null && "signedJwt" in body ? body.signedJwt : undefined;
      if (typeof signed !== "string" || signed === "")
        throw transient("malformed_response", `${SERVER} answered something that is no signature.`);
      return new Secret(signed);
    },
  };
}

function refusalOf(email: string, { status, reasons }: ErrorAnswer): ExportError {
  if (status >= 500 || status === 429 || status === 401 || status === 408)
    return transient("server_error", `${SERVER} answered ${status}.`);
  if (reasons.has("SERVICE_DISABLED") || reasons.has("accessNotConfigured"))
    return refuse(
      "api_disabled",
      "The IAM Service Account Credentials API is not switched on in the Google Cloud project.",
      "Switch it on at https://console.cloud.google.com/apis/library/iamcredentials.googleapis.com, wait a few minutes, and start again.",
    );
  if (reasons.has("ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
    return refuse(
      "credentials_invalid",
      "The access scopes of this machine do not let it use the IAM Credentials API.",
      "Stop the machine, give it the access scope cloud-platform in the Google Cloud console, and start it again.",
    );
  return refuse(
    "credentials_invalid",
    `This machine may not sign for the service account, or there is none of this name (HTTP ${status}).`,
    `In the Google Cloud console open IAM & Admin → Service Accounts → ${email} → Permissions, and give the machine's own service ` +
      "account the role Service Account Token Creator there (roles/iam.serviceAccountTokenCreator).",
  );
}
