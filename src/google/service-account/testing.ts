import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { simulateGoogle, type SimulatedGoogle, type SimulatorOptions } from "../../../simulator/google.ts";
import { jumpingClock, tempFolder } from "../testing.ts";
import { delegatedTokens, type DelegatedTokens } from "./delegated-tokens.ts";
import { findServiceAccountOf } from "./find-service-account.ts";

/** Parts for the tests of what reads a whole domain. */
export const ADA = "ada@example.com";
export const READ_MAIL = ["https://www.googleapis.com/auth/gmail.readonly"];

export type DomainStage = AsyncDisposable &
  Readonly<{
    google: SimulatedGoogle;
    clock: ReturnType<typeof jumpingClock>;
    /** Of a process of its own. */
    open(): DelegatedTokens;
    /** Where the key file is; it may be changed or taken away. */
    keyPath: string;
    writeKey(changes?: Readonly<Record<string, unknown>>): Promise<void>;
    removeKey(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
  }>;

/** A simulated domain with a service account, on a clock that never waits. `keyless` has it signed for by the machine. */
export async function domainStage(
  options: SimulatorOptions = {},
  { keyless = false }: { keyless?: boolean } = {},
): Promise<DomainStage> {
  await using stack = new AsyncDisposableStack();
  const clock = jumpingClock();
  const google = stack.use(await simulateGoogle({ messages: 3, domain: {}, clock: () => clock.now(), ...options }));
  const folder = stack.use(await tempFolder());
  const keyPath = join(folder.path, "credentials.json");
  const writeKey = (changes: Readonly<Record<string, unknown>> = {}): Promise<void> =>
    writeFile(keyPath, JSON.stringify({ ...google.key, ...changes }), { mode: 0o600 });
  if (!keyless) await writeKey();
  const settings = {
    credentialsPath: keyPath,
    serviceAccount: keyless ? google.domain().serviceAccount : undefined,
    googleApiUrl: new URL(google.url),
    metadataHost: new URL(google.url).host,
  };
  const open = (): DelegatedTokens => {
    const random = () => 0.9;
    return delegatedTokens({ find: findServiceAccountOf(settings, clock, random), clock, random });
  };
  const ours = stack.move();
  return {
    google,
    clock,
    open,
    keyPath,
    writeKey,
    removeKey: () => rm(keyPath),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

/** Whose mailbox a token opens; undefined where Gmail does not let it in. */
export async function mailboxOf({ url }: SimulatedGoogle, token: string): Promise<string | undefined> {
  const response = await fetch(`${url}/gmail/v1/users/me/profile`, { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await response.json();
  return typeof body === "object" && body !== null && "emailAddress" in body ? String(body.emailAddress) : undefined;
}
