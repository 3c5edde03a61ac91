import { createSecretKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";

import { systemClock } from "../../src/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { accounts } from "../../src/google/accounts.ts";
import { sealedGrants } from "../../src/state/embedded/grants/sealed-grants.ts";
import { writeGrant } from "../../src/state/grants/grant-text.ts";
import { seal } from "../../src/state/grants/seal.ts";
import { fileLock } from "../../src/storage/folder/lock.ts";
import { filesOnDisk as files } from "../../src/storage/folder/private-files.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const ADA = "ada@example.com";
const NAME = `${ADA}.grant`;

/** A stored sign-in: the sealed file, or, where the input is JSON, what somebody with the key could have sealed. */
export const grant: Target = {
  name: "grant",
  share: 80,
  async open(folder) {
    const key = createSecretKey(Buffer.alloc(32, 1));
    const store = sealedGrants(folder, async () => ({ current: key, former: undefined }), fileLock(systemClock), files);
    const text = writeGrant({
      account: ADA,
      refreshToken: new Secret(MARKS.refreshToken),
      accessToken: new Secret(MARKS.accessToken),
      expiresAt: systemClock.now(),
      scopes: ["s"],
      grantedAt: systemClock.now(),
    });
    const nobody = async (): Promise<never> => {
      throw new Error("not asked for");
    };
    const people = accounts({
      credentials: nobody,
      store,
      pending: { add: nobody, take: nobody },
      clock: systemClock,
      whoami: nobody,
      scopes: [],
      redirectUri: "",
    });
    await writeFile(join(folder, NAME), "", { mode: 0o600 });
    return {
      seeds: [Buffer.from(seal(key, ADA, text)), Buffer.from(text), Buffer.from(seal(key, "eve@example.com", text))],
      shapes: fc
        .record({
          expires_at: fc.oneof(fc.double(), fc.maxSafeInteger()),
          granted_at: fc.maxSafeInteger(),
          revoked: fc.string(),
        })
        .map((fields) => JSON.stringify({ ...JSON.parse(text), ...fields })),
      async feed(input) {
        const file = input[0] === 0x7b ? seal(key, ADA, input.toString()) : input;
        await writeFile(join(folder, NAME), file);
        const listed = await people.list();
        const found = await store.load(ADA);
        must(found !== undefined, "a file that is there is not seen");
        return [JSON.stringify([listed, await people.status(ADA), found])];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
