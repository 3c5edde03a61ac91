import { parseEnv } from "node:util";

import { readConfig } from "../../src/config.ts";
import { isLoopback } from "../../src/core/network/loopback.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const ENV = `PORT=8000
HOST=127.0.0.1
API_KEY=${MARKS.key}
TOKEN_ENCRYPTION_KEY=${Buffer.alloc(32, 3).toString("base64")}
TOKEN_ENCRYPTION_KEY_FORMER=${MARKS.key}
GMAIL_API_URL=https://gmail.googleapis.com
OAUTH_REDIRECT_URI="http://localhost:8000/auth/callback"
GMAIL_TIER=auto
GMAIL_UNITS_PER_MINUTE=6000
EXPORT_CONCURRENCY=4
EXPORT_DIR=s3://bucket/mail
S3_ENDPOINT=http://127.0.0.1:9000
S3_REGION=eu-central-1
AWS_ACCESS_KEY_ID=AKIDEXAMPLE
AWS_SECRET_ACCESS_KEY=${MARKS.key}
DATABASE_URL=postgres://user:${encodeURIComponent(MARKS.key)}@db.example.com/gmail_export?sslmode=verify-full
GMAIL_SCOPES='https://www.googleapis.com/auth/gmail.readonly'
LOG_LEVEL=info
`;

/** The text of a .env. */
export const settings: Target = {
  name: "settings",
  share: 50,
  async open(folder) {
    return {
      seeds: [Buffer.from(ENV), Buffer.from(ENV.replace(/^(?:TOKEN|DATABASE)_.*\n/gm, ""))],
      async feed(input) {
        const config = readConfig(parseEnv(input.toString()), folder);
        must(config.port > 0 && config.port < 65_536 && config.maxInFlight > 0, "a number that is none");
        must(
          config.apiKey !== undefined || /^(127\.|localhost$|::1$|\[::1\]$)/.test(config.host),
          "open to others",
          config.host,
        );
        must(
          config.databaseUrl === undefined || /^postgres(ql)?:/i.test(config.databaseUrl.reveal().trim()),
          "a database that is none",
        );
        const { endpoint } = config.buckets;
        must(
          endpoint === undefined || endpoint.protocol === "https:" || isLoopback(endpoint.hostname),
          "keys of a bucket would go in the clear",
        );
        const { apiKey, encryptionKey, formerEncryptionKey } = config;
        return [JSON.stringify({ apiKey, encryptionKey, formerEncryptionKey })];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
