import { accessTokenContract } from "../../../test/contracts/access-token.ts";
import { ADA, domainStage, mailboxOf, READ_MAIL } from "./testing.ts";

const HOUR_MS = 3_600_000;

for (const [implementation, keyless] of [
  ["a service account with a key", false],
  ["a service account without a key", true],
] as const)
  accessTokenContract(implementation, async () => {
    const w = await domainStage({ domain: { delegated: [] } }, { keyless });
    const domain = w.google.domain();
    const tokens = w.open();
    let before = 0;
    return {
      token: tokens(ADA, READ_MAIL),
      refusal: { retry: "never", code: "delegation_missing" },
      another: () => tokens(ADA.toUpperCase(), READ_MAIL),
      async allow() {
        w.google.faults.clear();
        domain.delegated = READ_MAIL;
        before = domain.assertions.length;
      },
      async withdraw() {
        domain.delegated = [];
      },
      endTokens: () => w.clock.advance(HOUR_MS),
      isGood: async (given) => (await mailboxOf(w.google, given.reveal())) === ADA,
      asked: () => domain.assertions.length - before,
      loseAnswers: (count) => w.google.faults.add({ kind: "tokenDown", times: count }),
      [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
    };
  });
