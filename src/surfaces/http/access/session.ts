import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

import type { Clock } from "../../../core/ports/clock.ts";
import type { Secret } from "../../../core/secret.ts";
import type { EpochMs } from "../../../core/time.ts";

const LIFETIME_MS = 12 * 3_600_000;

type Session = Readonly<{ value: string; expiresAt: EpochMs }>;

export type Sessions = Readonly<{
  begin(): Session;
  /** When this session ends; undefined for one that is over, or that nobody gave out. */
  expiryOf(value: string): EpochMs | undefined;
  /** Signs out: this process takes it no more. */
  end(value: string): void;
}>;

/**
 * What a browser has in place of the key: an id and an end, authenticated (HMAC-SHA256) by a key derived from API_KEY.
 * Nothing is stored, so a session outlives a restart and holds at every process with the same key, and another API_KEY
 * ends all of them (docs/adr/0010).
 */
export function sessionsFor(apiKey: Secret, clock: Clock): Sessions {
  const key = Buffer.from(hkdfSync("sha256", apiKey.reveal(), "", "gmail-export session", 32));
  const ended = new Map<string, EpochMs>();
  const signed = (claim: string): string => `${claim}.${createHmac("sha256", key).update(claim).digest("base64url")}`;

  const expiryOf: Sessions["expiryOf"] = (value) => {
    const [, claim = "", end] = /^([\w-]{22}\.(\d{1,15}))\.[\w-]{43}$/.exec(value) ?? [];
    if (end === undefined || !timingSafeEqual(Buffer.from(value), Buffer.from(signed(claim)))) return undefined;
    const expiresAt = Number(end);
    return clock.now() < expiresAt && !ended.has(value) ? expiresAt : undefined;
  };
  return {
    begin() {
      const expiresAt = Math.floor(clock.now()) + LIFETIME_MS;
      return { value: signed(`${randomBytes(16).toString("base64url")}.${expiresAt}`), expiresAt };
    },
    expiryOf,
    end(value) {
      for (const [past, expiresAt] of ended) if (expiresAt <= clock.now()) ended.delete(past);
      const expiresAt = expiryOf(value);
      if (expiresAt !== undefined) ended.set(value, expiresAt);
    },
  };
}
