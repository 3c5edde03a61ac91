import { ExportError } from "../../../core/errors.ts";

/** An answer that is not what Gmail answers: it is asked for again. `what` it was instead, in words. */
export function malformed(what: string): ExportError {
  return new ExportError({
    code: "malformed_response",
    retry: "backoff",
    message: `Gmail answered with ${what}.`,
    next: "Try again; if it goes on, look for a proxy that changes Google's answers.",
  });
}

/** An answer whose compression cannot be undone. */
export function unreadable(): ExportError {
  return new ExportError({
    code: "malformed_response",
    retry: "backoff",
    message: "Gmail's answer was compressed and could not be read.",
    next: "Try again; if it goes on, look for a proxy that changes Google's answers.",
  });
}
