import type { Finding } from "../../../doctor/finding.ts";
import { call } from "../api.ts";

/** Looks at everything, and asks Google: some seconds, and one quota unit an account. `email` "" means all accounts. */
export function examine(email: string, signal: AbortSignal): Promise<readonly Finding[]> {
  return call("GET", email === "" ? "/doctor" : `/doctor?email=${encodeURIComponent(email)}`, { signal });
}
