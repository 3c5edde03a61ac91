import type { z } from "zod";

import type { VerificationView } from "../../http/exports/verify-routes.ts";
import { call, Refusal } from "../api.ts";

export type Check = Readonly<z.infer<typeof VerificationView>>;

/** Where a check is begun, and its report is. */
export function checkAddress(id: string): string {
  return `/exports/${encodeURIComponent(id)}/verify`;
}

/** The check that runs, or the last one; undefined when there was none since the server started. */
export async function readCheck(id: string, signal: AbortSignal): Promise<{ check: Check | undefined }> {
  try {
    return { check: await call<Check>("GET", checkAddress(id), { signal }) };
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === "not_found") return { check: undefined };
    throw error;
  }
}

/** `online`: against a fresh listing of the mailbox too. */
export function beginCheck(id: string, online: boolean): Promise<Check> {
  return call("POST", checkAddress(id), { body: { online } });
}
