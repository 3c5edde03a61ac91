import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

import { authError, iamPermissionDenied, invalidArgument } from "../errors.ts";
import { refused, type Reply } from "../reply.ts";
import { signJwt } from "./assertion.ts";
import type { Domain } from "./domain.ts";

const TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token";

/** Of the identity of the machine itself. */
const TOKEN_OF_MACHINE = "ya29.machine";

/**
 * A machine in Google's cloud that has an identity: its metadata server, and IAM Credentials, which signs for who may have
 * it signed. Undefined for any other path.
 */
export function machine(domain: Domain, issued: string[]) {
  const token = `${TOKEN_OF_MACHINE}.${"m".repeat(64)}`;
  return async (request: IncomingMessage, { pathname }: URL): Promise<Reply | undefined> => {
    const count = (name: string): void => void (domain.calls[name] = (domain.calls[name] ?? 0) + 1);
    if (pathname === TOKEN && request.method === "GET") {
      count("metadata");
      const flavor = { "metadata-flavor": "Google" };
      // Without the header it might be a page somewhere that makes a browser ask.
      if (request.headers["metadata-flavor"] !== "Google")
        return { status: 403, headers: flavor, body: "Missing Metadata-Flavor:Google header." };
      if (!domain.hasMachineIdentity) return { status: 404, headers: flavor, body: "not found" };
      issued.push(token);
      return { status: 200, headers: flavor, body: { access_token: token, expires_in: 3_599, token_type: "Bearer" } };
    }
    const [, account] = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):signJwt$/.exec(pathname) ?? [];
    if (account === undefined || request.method !== "POST") return undefined;
    count("signJwt");
    if (request.headers.authorization !== `Bearer ${token}`) return refused(authError());
    const body: unknown = JSON.parse(await text(request));
    if (decodeURIComponent(account) !== domain.serviceAccount || !domain.mayMachineSign)
      return refused(iamPermissionDenied("iam.serviceAccounts.signJwt"));
    const payload = typeof body === "object" && body !== null && "payload" in body ? body.payload : undefined;
    if (typeof payload !== "string") return refused(invalidArgument("Request contains an invalid argument."));
    return { status: 200, headers: {}, body: { keyId: "google-held", signedJwt: signJwt(domain, payload) } };
  };
}
