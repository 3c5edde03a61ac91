import { bareCause } from "../../../core/bare-cause.ts";
import { refuse } from "../../../core/errors.ts";
import { newKeyText, parseKey, type KeyHolder } from "../../grants/keys.ts";

/** Loaded where it is asked for alone; it has native code, and not every platform has that. */
const library = async () => import("@napi-rs/keyring");

/**
 * The key is in the keyring of the desktop: macOS Keychain, Windows Credential Manager, or on Linux the Secret Service
 * (GNOME Keyring, KWallet, KeePassXC). Never the Linux kernel's keyring, which forgets at the next start of the machine.
 * `name` tells installations of one person apart.
 */
export function keyInKeyring(name: string): KeyHolder {
  const entry = async (which: string) => {
    const { AsyncEntry } = await library();
    return new AsyncEntry("gmail-export", `${which} ${name}`, { linux: { store: "secret-service" } });
  };
  const read = async (which: string) => (await (await entry(which)).getPassword()) ?? undefined;
  const write = async (which: string, text: string) => (await entry(which)).setPassword(text);
  const keyFrom = (text: string) =>
    parseKey(
      text,
      "What the keyring holds for gmail-export",
      "Remove the entry gmail-export from the keyring and sign in again.",
    );

  return {
    keys: () =>
      onKeyring(async () => {
        const former = await read("former key");
        if ((await read("key")) === undefined) await write("key", newKeyText());
        const current = await read("key");
        return { current: keyFrom(current ?? ""), former: former === undefined ? undefined : keyFrom(former) };
      }),
    change: {
      renew: () =>
        onKeyring(async () => {
          await write("former key", (await read("key")) ?? newKeyText());
          await write("key", newKeyText());
        }),
      settle: () =>
        onKeyring(async () => {
          await (await entry("former key")).deleteCredential();
        }),
    },
  };
}

/** What the library says may name what it holds; its words stay out of ours. */
async function onKeyring<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refuse(
      "key_unusable",
      "The keyring of this desktop cannot be used: there is none, or it is locked.",
      "Unlock it, or leave TOKEN_ENCRYPTION_KEY out: then the key is a private file in STATE_DIR.",
      { cause: bareCause(error) },
    );
  }
}
