import { randomBytes } from "node:crypto";

import type { Terminal } from "../terminal/terminal.ts";
import type { Messages } from "../words/messages.ts";

/** A new API key: 256 random bits, base64url. It is kept nowhere. */
export function newKey(terminal: Terminal, messages: Messages): string {
  terminal.hint(messages.keyHint);
  return randomBytes(32).toString("base64url");
}
