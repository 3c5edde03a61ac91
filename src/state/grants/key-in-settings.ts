import type { Secret } from "../../core/secret.ts";
import { parseKey, type KeyHolder } from "./keys.ts";

const NEXT = "Set it to what `openssl rand -base64 32` prints, or leave it out.";

/** The key is TOKEN_ENCRYPTION_KEY, and whoever sets it changes it: the one before goes to TOKEN_ENCRYPTION_KEY_FORMER meanwhile. */
export function keyInSettings(current: Secret, former: Secret | undefined): KeyHolder {
  return {
    keys: async () => ({
      current: parseKey(current.reveal(), "TOKEN_ENCRYPTION_KEY", NEXT),
      former: former && parseKey(former.reveal(), "TOKEN_ENCRYPTION_KEY_FORMER", NEXT),
    }),
  };
}
