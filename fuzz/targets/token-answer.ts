import { once } from "node:events";
import { createServer } from "node:http";

import * as fc from "fast-check";

import { systemClock } from "../../src/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { accounts } from "../../src/google/accounts.ts";
import { refresh, type Refusal } from "../../src/google/token-endpoint.ts";
import { PATIENCE_MS } from "../../test/wait.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

/** What the token endpoint may answer. A first line has the status. */
export const tokenAnswer: Target = {
  name: "token-answer",
  share: 25,
  async open() {
    let answer: Buffer = Buffer.alloc(0);
    const server = createServer((request, response) => {
      request.resume();
      const end = answer.indexOf("\n");
      const status = Number(answer.toString("latin1", 0, end));
      response.writeHead(status >= 200 && status < 600 ? status : 200, { "content-type": "application/json" });
      response.end(answer.subarray(end + 1));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    const client = {
      kind: "installed",
      clientId: "id",
      clientSecret: new Secret(MARKS.clientSecret),
      authUri: url,
      tokenUri: url,
      revokeUri: url,
      redirectUris: [],
    } as const;
    const whole = {
      access_token: MARKS.accessToken,
      refresh_token: MARKS.refreshToken,
      expires_in: 3599,
      scope: "a b",
      token_type: "Bearer",
    };
    const json = (status: number, body: object): string => `${status}\n${JSON.stringify(body)}`;
    return {
      seeds: [
        json(200, whole),
        json(400, { error: "invalid_grant", error_description: MARKS.code, error_subtype: "invalid_rapt" }),
        json(401, { error: "invalid_client" }),
        json(503, {}),
      ].map((text) => Buffer.from(text)),
      shapes: fc
        .tuple(
          fc.constantFrom(200, 400),
          fc.record({ access_token: fc.string(), expires_in: fc.double(), scope: fc.string() }),
        )
        .map(([status, body]) => json(status, body)),
      async feed(input) {
        answer = input;
        const tokens = await refresh(
          client,
          systemClock,
          new Secret(MARKS.refreshToken),
          AbortSignal.timeout(PATIENCE_MS),
        );
        if ("error" in tokens) return [wordsOf(tokens)];
        must(Number.isFinite(tokens.expiresAt), "a time that is none");
        // Whoever asks for the status sees this moment.
        const { accessToken, refreshToken, expiresAt, scopes = [] } = tokens;
        const grant = { account: "a@b.c", accessToken, refreshToken, expiresAt, scopes, grantedAt: 0 };
        const store = {
          load: async () => grant,
          save: never,
          remove: never,
          accounts: never,
          stored: never,
          lockAccount: never,
        };
        const parts = {
          credentials: async () => client,
          store,
          pending: { add: never, take: never },
          clock: systemClock,
          whoami: never,
          scopes: [],
          redirectUri: url,
        };
        await accounts(parts).status("a@b.c");
        return [];
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
      },
    };
  },
};

const wordsOf = ({ error, error_subtype }: Refusal): string => `${error} ${error_subtype}`;

async function never(): Promise<never> {
  throw new Error("not asked for");
}
