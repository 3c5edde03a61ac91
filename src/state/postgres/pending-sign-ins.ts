import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { refuse, type ExportError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { BegunSignIn, PendingSignIns } from "../../core/ports/pending-sign-ins.ts";
import { Secret } from "../../core/secret.ts";
import type { KeyHolder } from "../grants/keys.ts";
import { open, seal } from "../grants/seal.ts";
import { readJson } from "../rows/stored-values.ts";
import type { Database } from "./database.ts";

const LIFETIME_MS = 10 * 60_000;
/** Anybody may begin: the oldest are forgotten so that beginning a million times fills no table. */
const MOST = 1_000;

const begunSignIn = z.object({ account: z.string(), redirectUri: z.string(), codeVerifier: z.string() });

type Row = Readonly<{ browser_hash: Buffer; expires_at: number; sealed: string | null }>;

/**
 * Sign-ins on their way, in a table, so that one may end on another instance than it began. Whoever reads the table can
 * end none: it holds hashes of state and browser key, and the verifier sealed. Used ones are remembered for a while,
 * without their verifier, so that the person can be told what happened.
 */
export function postgresPendingSignIns(database: Database, keys: KeyHolder["keys"], clock: Clock): PendingSignIns {
  return {
    async add({ account, redirectUri, codeVerifier }) {
      const state = randomBytes(32).toString("base64url");
      const browserKey = randomBytes(32).toString("base64url");
      const name = hash(state);
      const text = JSON.stringify({ account, redirectUri, codeVerifier: codeVerifier.reveal() });
      const sealed = seal((await keys()).current, contextOf(name), text);
      await database.query(
        `with added as (
           insert into gmail_export.pending_sign_ins (state_hash, browser_hash, expires_at, sealed)
           values ($1, $2, $3, $4) returning serial
         )
         delete from gmail_export.pending_sign_ins
         where serial <= (select serial from gmail_export.pending_sign_ins order by serial desc offset $5 limit 1)`,
        [name, hash(browserKey), clock.now() + LIFETIME_MS, sealed, MOST - 1], // the new one is not seen by the second part
      );
      return { state, browserKey };
    },

    take(state, browserKey) {
      if (state === undefined || state === "")
        return Promise.reject(invalid("The answer from Google carries no state."));
      const name = hash(state);
      return database.transaction(async (query) => {
        const [row] = await query<Row>(
          "select browser_hash, expires_at, sealed from gmail_export.pending_sign_ins where state_hash = $1 for update",
          [name],
        );
        if (row === undefined) throw invalid("This sign-in was not begun here, or was begun long ago.");
        // Before anything else is said of it; and it stays good for the browser it belongs to.
        if (!timingSafeEqual(hash(browserKey), row.browser_hash))
          throw invalid("This sign-in was begun in another browser.");
        if (row.sealed === null) throw invalid("This sign-in has been used already.");
        if (clock.now() >= row.expires_at) throw invalid("This sign-in took longer than ten minutes.");
        const { current, former } = await keys();
        const context = contextOf(name);
        const begun = readBegun(open(current, context, row.sealed) ?? (former && open(former, context, row.sealed)));
        if (begun === undefined) throw invalid("This sign-in was sealed with another key.");
        await query("update gmail_export.pending_sign_ins set sealed = null where state_hash = $1", [name]);
        return begun;
      });
    },
  };
}

function readBegun(text: string | undefined): BegunSignIn | undefined {
  const found = text === undefined ? undefined : begunSignIn.safeParse(readJson(text)).data;
  return found && { ...found, codeVerifier: new Secret(found.codeVerifier) };
}

function contextOf(name: Buffer): string {
  return `sign-in ${name.toString("hex")}`;
}

/** Hashes have one length, which comparing in constant time asks for. */
function hash(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function invalid(message: string): ExportError {
  return refuse("state_invalid", message, "Begin the sign-in again, and end it in the same browser.");
}
