import { signal } from "@preact/signals";
import type { z } from "zod";

import type { Setup as SetupShape } from "../../http/sign-in/setup-routes.ts";
import { call } from "../api.ts";

export type Setup = Readonly<z.infer<typeof SetupShape>>;

/** The set-up as it was when last asked for: links to sign in go by it. */
const latest = signal<Setup>();

/** Google would refuse a sign-in, as far as is known. */
export function isSignInStopped(): boolean {
  return latest.value?.credentials.problem?.stops_sign_in === true;
}

/** A service account reads the mailboxes of a domain, so that any address of it can be exported. */
export function readsDomain(setup: Pick<Setup, "service_account">): boolean {
  return setup.service_account !== undefined;
}

export async function readSetup(stop: AbortSignal): Promise<Setup> {
  const setup: Setup = await call("GET", "/setup", { signal: stop });
  latest.value = setup;
  return setup;
}

/** Puts Google's client file in its place. Refused with `credentials_exist` where a usable one is. */
export function storeCredentials(file: unknown): Promise<Setup> {
  return call("PUT", "/setup/credentials", { body: file });
}
