import type { z } from "zod";

import type { Setup as SetupShape } from "../../http/sign-in/setup-routes.ts";
import { call } from "../api.ts";

export type Setup = Readonly<z.infer<typeof SetupShape>>;

export function readSetup(signal: AbortSignal): Promise<Setup> {
  return call("GET", "/setup", { signal });
}

/** Puts Google's client file in its place. Refused with `credentials_exist` where a usable one is. */
export function storeCredentials(file: unknown): Promise<Setup> {
  return call("PUT", "/setup/credentials", { body: file });
}
