import { expect, test } from "vitest";

import { failureOf } from "../../../core/errors.ts";
import type { KeySettings } from "../../../core/network/bucket-keys.ts";
import { Secret } from "../../../core/secret.ts";
import type { Send } from "../requests/send.ts";
import { findKeys } from "./find-keys.ts";

const NONE: KeySettings = { own: undefined, webIdentity: undefined, container: undefined };
const SERVERS = { tokens: new URL("https://sts.test"), metadata: new URL("http://metadata.test") };
const END = Date.UTC(2026, 10, 28, 12);

type Asked = { method: string; url: string; headers: Readonly<Record<string, string>> };

/** Servers that answer by path, and what they were asked. */
function world(settings: Partial<KeySettings>, answers: Readonly<Record<string, string>>) {
  const asked: Asked[] = [];
  let now = END - 60 * 60_000;
  const send: Send = async ({ method, url, headers }) => {
    asked.push({ method, url: url.href, headers });
    const text = answers[url.pathname];
    return {
      status: text === undefined ? 403 : 200,
      headers: {},
      body: bodyOf(text ?? "<Error><Code>AccessDenied</Code></Error>"),
    };
  };
  const find = findKeys({
    settings: { ...NONE, ...settings },
    send,
    readFile: async (path) => `content of ${path}\n`,
    clock: { now: () => now, sleep: async () => {} },
    region: "eu-test-1",
    servers: SERVERS,
  });
  return { asked, find, pass: (ms: number) => void (now += ms) };
}

async function* bodyOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

const json = (id: string): string =>
  JSON.stringify({ AccessKeyId: id, SecretAccessKey: "hush", Token: "quiet", Expiration: new Date(END).toISOString() });

test("keys that are set are used as they are, and nobody is asked", async () => {
  const own = { keyId: "AKID", secret: new Secret("hush") };
  const w = world({ own }, {});
  expect(await w.find()).toBe(own);
  expect(w.asked).toEqual([]);
});

test("a machine's role is asked for with a token (IMDSv2); its keys are kept until shortly before they end", async () => {
  const list = "/latest/meta-data/iam/security-credentials/";
  const w = world({}, { "/latest/api/token": "TOKEN", [list]: "exporter", [`${list}exporter`]: json("ASIA1") });
  const keys = await w.find();
  expect([keys.keyId, keys.secret.reveal(), keys.sessionToken?.reveal()]).toEqual(["ASIA1", "hush", "quiet"]);
  expect(w.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PUT http://metadata.test/latest/api/token",
    `GET http://metadata.test${list}`,
    `GET http://metadata.test${list}exporter`,
  ]);
  expect(w.asked[2]!.headers).toMatchObject({ "x-aws-ec2-metadata-token": "TOKEN" });
  expect(await w.find()).toBe(keys);
  w.pass(56 * 60_000);
  expect(await w.find()).not.toBe(keys);
  expect(w.asked).toHaveLength(6);
});

test("keys that were refused as ended are asked for anew, once for all who wait", async () => {
  const url = new URL("http://169.254.170.2/v2/x");
  const w = world({ container: { url, token: new Secret("pass"), tokenFile: undefined } }, { "/v2/x": json("ASIA2") });
  const keys = await w.find();
  const [one, other] = await Promise.all([w.find(keys), w.find(keys)]);
  expect(one).toBe(other);
  expect(w.asked).toHaveLength(2);
  expect(w.asked[0]!.headers["authorization"]).toBe("pass");
});

test("a container's token may be in a file, which changes", async () => {
  const url = new URL("http://169.254.170.23/v1/credentials");
  const container = { url, token: undefined, tokenFile: "/var/run/token" };
  const w = world({ container }, { "/v1/credentials": json("ASIA3") });
  expect((await w.find()).keyId).toBe("ASIA3");
  expect(w.asked[0]!.headers["authorization"]).toBe("content of /var/run/token");
});

test("a web identity takes its role with the token in its file", async () => {
  const role = "arn:aws:iam::1:role/exporter";
  const xml =
    "<R><Credentials><AccessKeyId>ASIA4</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey>" +
    `<SessionToken>quiet</SessionToken><Expiration>${new Date(END).toISOString()}</Expiration></Credentials></R>`;
  const w = world({ webIdentity: { tokenFile: "/token", role, session: "s" } }, { "/": xml });
  const keys = await w.find();
  expect([keys.keyId, keys.secret.reveal(), keys.sessionToken?.reveal()]).toEqual(["ASIA4", "a&b", "quiet"]);
  const { searchParams } = new URL(w.asked[0]!.url);
  expect(Object.fromEntries(searchParams)).toMatchObject({ RoleArn: role, WebIdentityToken: "content of /token" });
});

test.each<[string, Partial<KeySettings>, Record<string, string>]>([
  ["refuses", {}, {}],
  [
    "names none",
    { container: { url: new URL("http://169.254.170.2/x"), token: undefined, tokenFile: undefined } },
    { "/x": "{}" },
  ],
  [
    "answers no JSON",
    { container: { url: new URL("http://169.254.170.2/x"), token: undefined, tokenFile: undefined } },
    { "/x": "<html>" },
  ],
])("where nobody has keys (%s) that is told in words, without what was answered", async (_, settings, answers) => {
  const failure = failureOf(
    await world(settings, answers)
      .find()
      .catch((error: unknown) => error),
  );
  expect(failure).toMatchObject({
    code: "settings_invalid",
    message: expect.stringContaining("no keys for the bucket"),
  });
});
