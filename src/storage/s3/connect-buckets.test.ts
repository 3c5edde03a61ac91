import { expect, test } from "vitest";

import { openFront, type Front } from "../../../test/s3/front.ts";
import { systemClock } from "../../clock.ts";
import { Secret } from "../../core/secret.ts";
import { fileHolds } from "../folder/file-holds.ts";
import { connectBuckets, type Buckets } from "./connect-buckets.ts";

function connect({ url, signer }: Front, secret = signer.secret): Buckets & AsyncDisposable {
  const buckets = connectBuckets({
    settings: {
      endpoint: new URL(url),
      region: signer.region,
      keys: { own: { keyId: signer.keyId, secret: new Secret(secret) }, webIdentity: undefined, container: undefined },
    },
    holds: fileHolds(systemClock),
    clock: { ...systemClock, sleep: async () => {} },
    random: () => 0.5,
    proxyOf: () => undefined,
    readFile: async () => "",
    deployment: async () => "one",
  });
  return { ...buckets, [Symbol.asyncDispose]: buckets.close };
}

test("a place that can be used is tried out once, and nothing is left there", async () => {
  await using front = await openFront();
  await using buckets = connect(front);
  const place = `s3://${front.bucket}/mail`;
  await buckets.assertUsable(place);
  const { length } = front.requests;
  await buckets.assertUsable(place);
  expect([await buckets.faultOf(place), front.requests.length, await front.keys()]).toEqual([undefined, length, []]);
});

test("a bucket that is not there, may not be written, or does not know the keys is told at the start, and to doctor in a word", async () => {
  await using front = await openFront();
  await using buckets = connect(front);
  const told = (place: string, from = buckets): Promise<unknown> =>
    from.assertUsable(place).catch((error: unknown) => error);
  expect(await told("s3://not-there/mail")).toMatchObject({
    failure: { code: "settings_invalid", message: "There is no such bucket: s3://not-there (NoSuchBucket)." },
  });
  await using strange = connect(front, "guessed");
  expect(await told(`s3://${front.bucket}`, strange)).toMatchObject({
    failure: { code: "settings_invalid", message: expect.stringContaining("(SignatureDoesNotMatch)") },
  });
  front.settings.faultOf = ({ method }) => (method === "PUT" ? { status: 403, code: "AccessDenied" } : undefined);
  expect(await told(`s3://${front.bucket}`)).toMatchObject({
    failure: { code: "settings_invalid", message: expect.stringContaining("may not be written") },
  });
  expect(await buckets.faultOf(`s3://${front.bucket}`)).toBe("AccessDenied");
  front.settings.faultOf = () => undefined; // the right was given
  expect(await buckets.faultOf(`s3://${front.bucket}`)).toBeUndefined();
});

test("a server that does not answer is told, too", async () => {
  await using front = await openFront();
  await using buckets = connect(front);
  front.settings.faultOf = () => "lost before";
  await expect(buckets.assertUsable(`s3://${front.bucket}`)).rejects.toMatchObject({
    failure: { code: "settings_invalid", message: expect.stringContaining("cannot be reached") },
  });
});

test("a directory is the account's own below EXPORT_DIR, under the spelling that it has there, or one that was named", async () => {
  await using front = await openFront();
  await using buckets = connect(front);
  await front.plant("mail/first.last@gmail.com/manifest.json", "{}");
  const root = `s3://${front.bucket}/mail`;
  const choose = buckets.chooseIn(root);
  const chosen = [
    await choose("firstlast@gmail.com", undefined),
    await choose("Ada+x@Example.com", undefined),
    await choose("a@b.c", "of ada/2026"),
    await choose("a@b.c", `${root}//x/`),
    await choose("a@b.c", root),
  ];
  const names = ["/first.last@gmail.com", "/ada+x@example.com", "/of ada/2026", "/x", ""];
  expect(chosen).toEqual(names.map((name) => root + name));
});

test.each([
  "../out",
  "a/../../out",
  "/etc",
  "s3://other/mail/a",
  "s3://BUCKET/mailbox",
  "s3://BUCKET/mail/../x",
  "s3://BUCKET",
])("%s leads outside and is refused", async (given) => {
  await using front = await openFront();
  await using buckets = connect(front);
  const choice = buckets.chooseIn(`s3://${front.bucket}/mail`)("a@b.c", given.replace("BUCKET", front.bucket));
  await expect(choice).rejects.toMatchObject({
    failure: { code: expect.stringMatching(/^(outside_export_dir|unusable_directory)$/) },
  });
  expect((await front.keys()).length).toBe(0);
});
