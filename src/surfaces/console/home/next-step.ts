import type { Account } from "../accounts/api.ts";
import type { Setup } from "../setup/api.ts";

/** What stands before the next export, in the order in which a person gets there. */
export const STEPS = ["setup", "sign_in", "export"] as const;

export type Step = (typeof STEPS)[number];

export function nextStep(
  { credentials, service_account }: Pick<Setup, "credentials" | "service_account">,
  accounts: readonly Pick<Account, "authenticated">[],
): Step {
  if (service_account !== undefined) return "export";
  if (credentials.state !== "ready") return "setup";
  if (accounts.some(({ authenticated }) => authenticated)) return "export";
  return credentials.problem?.stops_sign_in ? "setup" : "sign_in";
}
