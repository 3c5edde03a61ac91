import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";

import { readServiceAccountKey } from "../../src/google/service-account/key-file.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

/** The key file of a service account: understood whole, no key at all, or refused without a word of what is in it. */
export const keyFile: Target = {
  name: "key-file",
  share: 40,
  async open(folder) {
    const path = join(folder, "credentials.json");
    const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
    const key = {
      type: "service_account",
      project_id: "p",
      private_key_id: MARKS.key,
      private_key: pem,
      client_email: "reader@p.iam.gserviceaccount.com",
      client_id: "104212345678901234567",
      token_uri: "https://oauth2.googleapis.com/token",
      universe_domain: "googleapis.com",
    };
    const secret = String(pem).split("\n")[3]!;
    return {
      seeds: [
        key,
        { ...key, token_uri: "http://127.0.0.1:9/token" },
        { ...key, token_uri: "https://oauth2.googleapis.com@evil.example/token" },
        { ...key, private_key: MARKS.key },
      ].map((file) => Buffer.from(JSON.stringify(file))),
      shapes: fc
        .record({
          private_key: fc.oneof(fc.string(), fc.constant(String(pem))),
          token_uri: fc.oneof(fc.webUrl(), fc.string()),
          client_email: fc.anything(),
        })
        .map((some) => JSON.stringify({ ...key, ...some })),
      async feed(input) {
        await writeFile(path, input);
        const account = await readServiceAccountKey(path).catch((error: unknown) => {
          must(!String(error).includes(secret), "a line of the key was told");
          throw error;
        });
        if (account === undefined) return [];
        const { protocol, hostname } = new URL(account.tokenUri);
        const isHere = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
        const isGoogle = protocol === "https:" && /(^|\.)(google|googleapis)\.com$/.test(hostname);
        must(isHere || isGoogle, "a stranger would be sent what buys a token", account.tokenUri);
        const { email, clientId, projectId } = account;
        return [JSON.stringify([email, clientId, projectId, account.tokenUri])];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
