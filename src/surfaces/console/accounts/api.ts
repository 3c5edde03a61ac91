import type { z } from "zod";

import type { Status } from "../../http/sign-in/auth-routes.ts";
import type { SessionStatus } from "../../http/sign-in/session-routes.ts";
import { ask, call } from "../api.ts";

export type Account = Readonly<z.infer<typeof Status>>;

export function listAccounts(signal: AbortSignal): Promise<readonly Account[]> {
  return call("GET", "/accounts", { signal });
}

/** Revokes the grant at Google, where Google can be told, and forgets it here. */
export function signOut(email: string): Promise<{ revoked_at_google: boolean }> {
  return call("DELETE", `/auth?email=${encodeURIComponent(email)}`);
}

/** `required`: the server has an API key, and this browser a session in place of it. */
export function readSession(signal: AbortSignal): Promise<z.infer<typeof SessionStatus>> {
  return call("GET", "/session", { signal });
}

export async function endSession(): Promise<void> {
  await ask("DELETE", "/session");
}
