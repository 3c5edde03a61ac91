import { failureOf, type Failure } from "../../../core/errors.ts";
import type { GmailClient } from "../calls/client.ts";

/** The failure, when it is this message's own; anything that concerns the whole account, or is a defect, is thrown on. */
export async function failureOfMessage(
  error: unknown,
  client: Pick<GmailClient, "getProfile">,
  signal: AbortSignal,
): Promise<Failure> {
  const failure = failureOf(error);
  if (!failure || signal.aborted) throw error;
  if (failure.code === "not_found" || failure.code === "bad_request") return failure;
  if (failure.retry === "backoff" && failure.outage !== true) return failure;
  if (failure.code !== "forbidden" && failure.code !== "no_mailbox") throw error;
  await client.getProfile(signal); // which is refused as well where it is the account
  return failure;
}
