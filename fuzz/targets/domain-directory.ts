import { once } from "node:events";
import { createServer } from "node:http";

import * as fc from "fast-check";

import { systemClock } from "../../src/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { googleDirectory } from "../../src/google/directory/domain-directory.ts";
import { PATIENCE_MS } from "../../test/wait.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const USER = {
  primaryEmail: "ada@example.com",
  aliases: ["countess@example.com"],
  suspended: false,
  archived: false,
  orgUnitPath: "/Engines",
  isMailboxSetup: true,
};

/** What the Admin SDK may answer, to users.list and members.list alike. A first line has the status. */
export const domainDirectory: Target = {
  name: "domain-directory",
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
    const directory = googleDirectory({
      admin: "ada@example.com",
      tokens: () => async () => new Secret(MARKS.accessToken),
      apiUrl: new URL(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`),
      clock: systemClock,
      random: () => 0, // what passes is asked for again at once
    });
    const json = (status: number, body: unknown): string => `${status}\n${JSON.stringify(body)}`;
    const both = { users: [USER], members: [{ email: "ada@example.com", type: "USER" }] };
    return {
      seeds: [
        json(200, both),
        json(200, { ...both, nextPageToken: "more" }),
        json(200, {
          users: [USER, USER],
          members: [{ type: "CUSTOMER" }, { email: "all@example.com", type: "GROUP" }],
        }),
        json(403, { error: { code: 403, message: MARKS.address, errors: [{ reason: "forbidden" }] } }),
        json(404, {}),
      ].map((text) => Buffer.from(text)),
      shapes: fc
        .record({
          users: fc.array(
            fc.record({ primaryEmail: fc.anything(), aliases: fc.anything(), orgUnitPath: fc.anything() }),
          ),
          members: fc.array(fc.record({ email: fc.oneof(fc.emailAddress(), fc.anything()), type: fc.string() })),
        })
        .map((body) => json(200, body)),
      async feed(input) {
        answer = input;
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const members = await directory.listMembers("all@example.com", signal);
        for (const one of members.addresses)
          must(one !== "" && one === one.toLowerCase(), "a member without an address");
        const seen = new Set<string>();
        for await (const page of directory.listUsers(signal))
          for (const { email, aliases, unit } of page) {
            must(typeof email === "string" && email !== "", "a user without an address");
            must(!seen.has(email), "a user who comes twice");
            must(
              [unit, ...aliases].every((one) => typeof one === "string"),
              "something that is no text",
            );
            seen.add(email);
          }
        must(seen.size > 0, "a domain without anybody");
        return [];
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
      },
    };
  },
};
