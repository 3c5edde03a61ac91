import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";

import { readCredentials } from "../../src/google/credentials.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const client = {
  client_id: "123.apps.googleusercontent.com",
  project_id: "p",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  client_secret: MARKS.clientSecret,
  redirect_uris: ["http://localhost"],
};

/** credentials.json. */
export const credentials: Target = {
  name: "credentials",
  share: 70,
  async open(folder) {
    const path = join(folder, "credentials.json");
    const files = [
      { installed: client },
      { web: { ...client, auth_uri: "http://127.0.0.1:9/a", token_uri: "http://[::1]:9/t" } },
      { type: "service_account", private_key: MARKS.key },
      { installed: { ...client, token_uri: "https://oauth2.googleapis.com@evil.example/token" } },
    ];
    return {
      seeds: [
        ...files.map((file) => JSON.stringify(file)),
        `\uFEFF${JSON.stringify(files[0])}`,
        `AIza${MARKS.key}`,
      ].map((text) => Buffer.from(text)),
      shapes: fc
        .record({ auth_uri: fc.webUrl({ withQueryParameters: true }), token_uri: fc.oneof(fc.webUrl(), fc.string()) })
        .map((uris) => JSON.stringify({ installed: { ...client, ...uris } })),
      async feed(input) {
        await writeFile(path, input);
        const { authUri, tokenUri, revokeUri, clientSecret, ...rest } = await readCredentials(path);
        for (const uri of [authUri, tokenUri, revokeUri]) mustBeTrusted(uri);
        return [JSON.stringify([authUri, tokenUri, revokeUri, clientSecret, rest.kind])];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

/** Secrets go there. */
function mustBeTrusted(uri: string): void {
  const { protocol, hostname } = new URL(uri);
  const here = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  const google = protocol === "https:" && /(^|\.)(google|googleapis)\.com$/.test(hostname);
  must(here || google, "a stranger would be sent secrets", uri);
}
