import { randomBytes } from "node:crypto";

import type { Terminal } from "./terminal.ts";

/** A new API key: 256 random bits, base64url. It is kept nowhere. */
export function newKey(terminal: Terminal): string {
  terminal.hint("Put it into .env where the server starts, as API_KEY=<this>; then restart the server.");
  return randomBytes(32).toString("base64url");
}
