import { ExportError, isOutOfDescriptors, CLOSE_FILES, refuse } from "../../core/errors.ts";
import type { Answered } from "./requests/call.ts";

/** What somebody else did to an object meanwhile: the condition of a write did not hold. */
export class Conflict extends Error {
  constructor(key: string) {
    super(`${key} is not what it was`);
    this.name = "Conflict";
  }
}

/** What a server of buckets refused for good, in words. Its own text may hold names of accounts and is not shown. */
export function refused(place: string, doing: "reading" | "writing", { status, code, region }: Answered): ExportError {
  switch (code) {
    case "NoSuchBucket":
      return refuse(
        "disk",
        `There is no such bucket: ${place} (${code}).`,
        "Make the bucket, or correct the name in EXPORT_DIR; gmail-export makes none.",
      );
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return refuse(
        "disk",
        `The bucket of ${place} lies in another region than S3_REGION says (${region ?? code}).`,
        "Set S3_REGION to the region of the bucket, then do the same again.",
      );
    case "SignatureDoesNotMatch":
    case "InvalidAccessKeyId":
    case "InvalidToken":
    case "ExpiredToken":
      return refuse(
        "disk",
        `The keys for ${place} are refused (${code}).`,
        "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then do the same again.",
      );
    case "QuotaExceeded":
    case "XMinioStorageFull":
    case "InsufficientStorage":
      return refuse(
        "disk",
        `There is no room left to write: ${place} (${code}).`,
        "Make room, then start the same export again: it goes on where it stopped.",
      );
    case "InvalidObjectState":
      return refuse(
        "disk",
        `A file in ${place} was moved to an archive, and cannot be read at once (${code}).`,
        "Restore it there, and take the rule away that moves files of exports to such a storage class.",
      );
    default:
      break;
  }
  if (status === 403 || status === 401)
    return refuse(
      "disk",
      doing === "reading"
        ? `This may not be read: ${place} (${code}).`
        : `This may not be written: ${place} (${code}).`,
      "Give the key the rights that docs/operations/s3.md lists, then do the same again.",
    );
  return refuse(
    "disk",
    `The server of the bucket refused: ${place} (${code}).`,
    "Look what the server says of it, then do the same again: it goes on with what is there.",
  );
}

/** It passes by itself: the export rests and goes on. `error` is what was met last. */
export function unreachable(place: string, error: unknown): ExportError {
  const code = codeOf(error);
  const cause = new Error(code);
  return new ExportError(
    {
      code: "disk",
      retry: "backoff",
      outage: true,
      message: `The bucket cannot be reached: ${place} (${code}).`,
      next: isOutOfDescriptors(cause)
        ? CLOSE_FILES
        : "Check S3_ENDPOINT and the network; an export goes on by itself when the server answers.",
    },
    { cause },
  );
}

/** Only the error's code is kept: what libraries attach may hold the request's headers. */
function codeOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const code = first instanceof Error && "code" in first ? first.code : undefined;
  return typeof code === "string" && /^[A-Za-z][A-Za-z0-9_]*$/.test(code) ? code : "UNKNOWN";
}
