import type { FailureCode } from "../../core/errors.ts";

/** Exit codes, one per cause (docs/cli.md). 130 is Ctrl-C, as in every shell. */
export const EXIT = {
  ok: 0,
  defect: 1,
  usage: 2,
  setup: 3,
  signIn: 4,
  incomplete: 5,
  google: 6,
  disk: 7,
  directory: 8,
  unsound: 9,
  interrupted: 130,
} as const;

/** In words, for --help. */
export const EXIT_WORDS = {
  ok: "0 done",
  defect: "1 defect",
  usage: "2 usage",
  setup: "3 set-up",
  signIn: "4 sign-in needed",
  incomplete: "5 not complete",
  google: "6 Google or network",
  disk: "7 disk",
  directory: "8 directory",
  unsound: "9 verify found differences",
  interrupted: "130 stopped with Ctrl-C",
} as const satisfies { [Ending in keyof typeof EXIT]: `${(typeof EXIT)[Ending]} ${string}` };

/** From the best to the worst: what asks for more than trying again comes later. */
const WORSE = [
  EXIT.ok,
  EXIT.incomplete,
  EXIT.google,
  EXIT.directory,
  EXIT.signIn,
  EXIT.usage,
  EXIT.setup,
  EXIT.disk,
  EXIT.unsound,
  EXIT.defect,
  EXIT.interrupted,
] as const satisfies readonly number[];

/** Of two exit codes the one that says more of what is wrong. */
export function worseExitCode(one: number, other: number): number {
  const rank = (code: number): number => WORSE.findIndex((known) => known === code);
  return rank(other) > rank(one) ? other : one;
}

/** The one place where a failure becomes an exit code. */
export function exitCodeOf(code: FailureCode): number {
  switch (code) {
    case "invalid_request":
    case "outside_export_dir":
    case "unusable_directory":
    case "label_unknown":
    case "export_unknown":
    case "schedule_unknown":
    case "schedule_invalid":
    case "not_in_this_state":
      return EXIT.usage;
    case "credentials_missing":
    case "credentials_invalid":
    case "credentials_refused":
    case "credentials_exist":
    case "settings_invalid":
    case "key_unusable":
    case "not_private":
    case "grant_unreadable":
    case "api_key_required":
    case "api_key_wrong":
    case "too_many_attempts":
    case "host_not_allowed":
    case "cross_site_request":
    case "api_disabled":
    case "delegation_missing":
    case "database":
      return EXIT.setup;
    case "not_signed_in":
    case "consent_revoked":
    case "scope_missing":
    case "sign_in_refused":
    case "state_invalid":
    case "wrong_account":
    case "scope_not_granted":
      return EXIT.signIn;
    case "quota_exceeded":
    case "too_many_concurrent":
    case "bandwidth_exceeded":
    case "locked_out":
    case "daily_limit":
    case "server_error":
    case "network":
    case "timeout":
    case "malformed_response":
    case "bad_request":
    case "page_token_invalid":
    case "not_found":
    case "forbidden":
    case "no_mailbox":
    case "user_unusable":
      return EXIT.google;
    case "disk":
      return EXIT.disk;
    case "directory_busy":
    case "directory_foreign":
    case "directory_damaged":
      return EXIT.directory;
    case "internal":
      return EXIT.defect;
  }
}
