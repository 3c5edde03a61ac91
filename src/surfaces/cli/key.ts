import { randomBytes } from "node:crypto";

import type { Spoken } from "./spoken.ts";
import type { Terminal } from "./terminal.ts";

/** A new API key: 256 random bits, base64url. It is kept nowhere. */
export function newKey(terminal: Terminal, spoken: Spoken): string {
  terminal.hint(spoken.keyHint);
  return randomBytes(32).toString("base64url");
}
