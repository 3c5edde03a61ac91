import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

import { invalidArgument } from "../errors.ts";

/** Page tokens say nothing and open only with the query they were made for. */
export type PageTokens = Readonly<{
  seal(query: string, state: string): string;
  /** Throws 400 "Invalid pageToken". */
  open(query: string, token: string): string;
}>;

export function pageTokens(): PageTokens {
  const key = randomBytes(32);
  return {
    seal: (query, state) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(query));
      const sealed = cipher.update(state, "utf8");
      return Buffer.concat([iv, sealed, cipher.final(), cipher.getAuthTag()]).toString("base64url");
    },
    open: (query, token) => {
      try {
        const bytes = Buffer.from(token, "base64url");
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 });
        decipher.setAAD(Buffer.from(query)).setAuthTag(bytes.subarray(-16));
        return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
      } catch {
        throw invalidArgument("Invalid pageToken");
      }
    },
  };
}
