import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";

import { refuse } from "../../core/errors.ts";

/** What seals now, and what may have sealed that which was not sealed anew yet. */
type Keys = Readonly<{ current: KeyObject; former: KeyObject | undefined }>;

/** Where the key that seals grants is held. Read at each use: another process may have changed it. */
export type KeyHolder = Readonly<{
  /** Throws `key_unusable` or `not_private`. */
  keys(): Promise<Keys>;
  /** Where gmail-export itself may change the key. */
  change?: Readonly<{
    /** Makes a new key the current one, and the current one the former. Cut short, it may be done again. */
    renew(): Promise<void>;
    /** Forgets the former. */
    settle(): Promise<void>;
  }>;
}>;

const KEY_BYTES = 32;

export function newKeyText(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

/** A key from its text: 32 bytes in base64. `name` says in the refusal whose it is. Throws `key_unusable`. */
export function parseKey(text: string, name: string, next: string): KeyObject {
  const base64 = text.trim();
  const bytes = Buffer.from(base64, "base64");
  // Node decodes around what is not base64; 32 bytes are 43 digits and one "=".
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(base64) || bytes.length !== KEY_BYTES)
    throw refuse("key_unusable", `${name} is not ${KEY_BYTES} bytes in base64.`, next);
  return createSecretKey(bytes);
}
