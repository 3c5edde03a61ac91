import { createSecretKey, randomBytes } from "node:crypto";

import { accessTokenContract } from "../../test/contracts/access-token.ts";
import { accountsContract } from "../../test/contracts/accounts.ts";
import type { AccessToken, Accounts, CallbackQuery, SignInStart } from "../core/ports/accounts.ts";
import type { Grants } from "../core/ports/grants.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk } from "../storage/folder/private-files.ts";
import { accessToken } from "./access-token.ts";
import { accounts } from "./accounts.ts";
import { always, folderLock, jumpingClock, tempFolder, testGoogle } from "./testing.ts";

const ADA = "ada@example.com";
const HOUR_MS = 3_600_000;
const SCOPES = ["https://www.googleapis.com/auth/gmail.readonly"];

/** A simulated Google and the grants of one machine, which any number of processes share. */
async function stage() {
  await using stack = new AsyncDisposableStack();
  const google = stack.use(await testGoogle());
  const folder = stack.use(await tempFolder());
  const clock = jumpingClock();
  const key = createSecretKey(randomBytes(32));
  const pending = pendingSignIns(clock);
  const credentials = () => google.credentials();
  const open = (): { store: Grants; token: AccessToken; people: Accounts } => {
    const store = sealedGrants(folder.path, always(key), folderLock, filesOnDisk);
    return {
      store,
      token: accessToken(ADA, { credentials, store, clock, random: () => 0.9 }),
      people: accounts({
        credentials,
        store,
        clock,
        pending,
        whoami: google.whoami,
        scopes: SCOPES,
        redirectUri: "http://localhost/",
      }),
    };
  };
  const consent = ({ url }: SignInStart, account: string): CallbackQuery => ({
    code: google.consent(url, { account, granted: SCOPES }),
    state: new URL(url).searchParams.get("state")!,
  });
  const ours = stack.move();
  return { google, clock, open, consent, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

accountsContract("Google's OAuth", async () => {
  const w = await stage();
  return {
    ...w,
    accounts: w.open().people,
    another: () => w.open().people,
    revoked: () => w.google.revoked.length,
    cutOff: () => void w.google.replies.push(...Array.from({ length: 50 }, () => "drop" as const)),
  };
});

accessTokenContract("Google's OAuth", async () => {
  const w = await stage();
  const { people, token } = w.open();
  const isRefresh = (form: URLSearchParams): boolean => form.get("grant_type") === "refresh_token";
  let before = 0;
  return {
    ...w,
    token,
    refusal: { retry: "sign_in" },
    another: () => w.open().token,
    async allow() {
      w.google.replies.length = 0;
      const start = await people.begin(ADA);
      await people.finish(w.consent(start, ADA), start.browserKey, new AbortController().signal);
      before = w.google.asked.filter(isRefresh).length;
    },
    async withdraw() {
      w.google.replies.push({ status: 400, body: { error: "invalid_grant" } });
    },
    endTokens: () => w.clock.advance(HOUR_MS),
    isGood: async (given) => (await w.google.whoami(given)) === ADA,
    asked: () => w.google.asked.filter(isRefresh).length - before,
    loseAnswers: (count) => void w.google.replies.push(...Array.from({ length: count }, () => "drop" as const)),
  };
});
