import type { EpochMs } from "./time.ts";

/** Nothing changes by trying again: a person must do `next` first. */
export type FinalCode =
  // set-up
  | "credentials_missing"
  | "credentials_invalid"
  | "credentials_refused"
  | "credentials_exist"
  | "settings_invalid"
  | "key_unusable"
  | "not_private"
  // sign-in
  | "sign_in_refused"
  | "state_invalid"
  | "wrong_account"
  | "scope_not_granted"
  | "grant_unreadable"
  // who may call
  | "host_not_allowed"
  | "cross_site_request"
  | "api_key_required"
  | "api_key_wrong"
  | "too_many_attempts"
  // requests
  | "invalid_request"
  | "outside_export_dir"
  | "unusable_directory"
  | "label_unknown"
  | "export_unknown"
  | "schedule_unknown"
  | "schedule_invalid"
  | "not_in_this_state"
  // Gmail
  | "bad_request"
  | "page_token_invalid"
  | "not_found"
  | "forbidden"
  | "api_disabled"
  | "no_mailbox"
  // a whole domain
  | "delegation_missing"
  | "user_unusable"
  | "daily_limit"
  // export directories
  | "directory_busy"
  | "directory_foreign"
  | "directory_damaged"
  | "disk"
  // the deployment's database
  | "database"
  // a defect of this program
  | "internal";

/** The same call may succeed in a moment: back off and try again. */
export type TransientCode = "server_error" | "network" | "timeout" | "malformed_response";

/** Google asks to wait; it is no fault of the call. */
type QuotaCode = "quota_exceeded" | "too_many_concurrent" | "bandwidth_exceeded" | "locked_out";

/** Only a person at a consent screen can mend it. */
type SignInCode = "not_signed_in" | "consent_revoked" | "scope_missing";

export type FailureCode = FinalCode | TransientCode | QuotaCode | SignInCode;

/**
 * A failure is a value: a stable code, what happened in a sentence, the next step a person can take, and whether
 * trying again helps. `at` is the moment before which trying again is known to be useless.
 */
export type Failure = Readonly<
  { message: string; next: string } & (
    | {
        retry: "never";
        code: FinalCode;
        /** It has been known to be said in passing: one such answer proves nothing. */
        mayPass?: true;
        /** `directory_foreign`: a directory that is free. */
        free?: string;
        /** `schedule_invalid`: what is wrong, and the character in it, counted from 1, where it is one that is. */
        place?: Readonly<{ field: "cron" | "time_zone"; character?: number }>;
      }
    | {
        retry: "backoff";
        /** `disk` where there were no descriptors left; `database` where it does not answer just now. */
        code: TransientCode | "disk" | "database";
        at?: EpochMs;
        /** How often the call was tried before it was given up. */
        attempts?: number;
        /** Nothing else got through either. */
        outage?: boolean;
      }
    | { retry: "wait"; code: QuotaCode; at?: EpochMs; unitsPerMinute?: number }
    | { retry: "sign_in"; code: SignInCode }
  )
>;

/** The one error class of this project; everything a surface needs to choose a status or an exit code is in `failure`. */
export class ExportError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "ExportError";
    this.failure = failure;
  }
}

/**
 * What we wrote to, or worked on, is no longer ours to write: somebody else holds it, or may. Nothing more is written
 * after this, not even what would only tell how far it came. It is also the reason of a signal that aborts for this.
 */
export class HoldLost extends ExportError {
  /** `database` where it was not reached for so long that another may have been given what was held. */
  constructor(message: string, code: "directory_busy" | "disk" | "database" = "directory_busy") {
    const next = "Start the same export again: it goes on with what is durable.";
    super(code === "database" ? { code, retry: "backoff", message, next } : { code, retry: "never", message, next });
    this.name = "HoldLost";
  }
}

/**
 * A failure that trying again will not mend; but where its cause is that there were no file descriptors left, one of
 * `disk` that passes by itself: then nothing is wrong with what was to be opened.
 */
export function refuse(
  code: FinalCode,
  message: string,
  next: string,
  options?: ErrorOptions & Pick<Extract<Failure, { retry: "never" }>, "free" | "place">,
): ExportError {
  if (isOutOfDescriptors(options?.cause))
    return new ExportError({ code: "disk", retry: "backoff", outage: true, message, next: CLOSE_FILES }, options);
  const free = options?.free === undefined ? {} : { free: options.free };
  const place = options?.place === undefined ? {} : { place: options.place };
  return new ExportError({ code, retry: "never", message, next, ...free, ...place }, options);
}

/** EMFILE: this process has as many files and connections open as it may; ENFILE: the whole machine has. */
export function isOutOfDescriptors(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : error.message; // what is kept of an error's cause may be its code alone
  return code === "EMFILE" || code === "ENFILE";
}

/** What a person can do where there are no descriptors left. */
export const CLOSE_FILES =
  "It is tried again by itself; if it lasts, end other programs, or raise the limit of open files (ulimit -n, LimitNOFILE).";

/** The failure inside an error, or undefined when the error is not ours (a defect: let it surface). */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof ExportError ? error.failure : undefined;
}
