import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { createEmulator } from "emulate";
import { expect, test } from "vitest";

import type { ExportRecord } from "../src/core/mail/record.ts";
import { api } from "./api.ts";
import { openBrowser, type Browser, type Page } from "./browser.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { freePort } from "./free-port.ts";
import { install } from "./product.ts";
import { ADA, begin, reaches, signInPath } from "./stage.ts";

/**
 * The main job against a Google that none of us wrote (vercel-labs/emulate). What it does otherwise than Google: message
 * ids are not hex, `fields` is ignored, nothing is compressed, and there is no users.getProfile.
 */

const FROM = "Grace Hopper <grace@example.com>";
const ORIGIN_OF_TIME = Date.UTC(2024, 0, 1);
const MESSAGES = 240;
const PER_THREAD = 4;
const PAGE = 100;

/** A message as it is given to the emulator, and what must be exported of it. */
function message(i: number) {
  const subject = ["Ordinary", "Grüße aus Köln 🚲", "Ответ: встреча"][i % 3]! + ` ${i}`;
  const plain = `Text ${i}: é, 日本語 and "quotes".`;
  const html = `<p>Text <b>${i}</b>: é &amp; 日本語</p>`;
  const withHtml = i % 2 === 0;
  const filename = i % 7 === 0 ? `scan ${i}.pdf` : undefined;
  const bytes = Buffer.alloc(1_000 + i, i);
  const first = i - (i % PER_THREAD);
  const isReply = i !== first;

  const lines = (...all: readonly string[]): string => all.join("\r\n");
  const leaf = (headers: readonly string[], content: string | Buffer): string => {
    const encoded = Buffer.from(content)
      .toString("base64")
      .match(/.{1,76}/g)!;
    return lines(...headers, "Content-Transfer-Encoding: base64", "", ...encoded);
  };
  const multipart = (subtype: string, ...parts: readonly string[]): string => {
    const delimited = parts.flatMap((part) => [`--${subtype}-${i}`, part]);
    return lines(
      `Content-Type: multipart/${subtype}; boundary="${subtype}-${i}"`,
      "",
      ...delimited,
      `--${subtype}-${i}--`,
    );
  };
  const plainPart = leaf(['Content-Type: text/plain; charset="utf-8"'], plain);
  const htmlPart = leaf(['Content-Type: text/html; charset="utf-8"'], html);
  const text = withHtml ? multipart("alternative", plainPart, htmlPart) : plainPart;
  const file = leaf(
    [`Content-Type: application/pdf; name="${filename}"`, `Content-Disposition: attachment; filename="${filename}"`],
    bytes,
  );
  const raw = lines(
    `From: ${FROM}`,
    `To: ${ADA}`,
    ...(i % 5 === 0 ? ["Cc: alan@example.net"] : []),
    `Subject: =?UTF-8?B?${Buffer.from(subject).toString("base64")}?=`,
    `Date: ${new Date(ORIGIN_OF_TIME + i * 60_000).toUTCString()}`,
    `Message-ID: <m${i}@example.com>`,
    ...(isReply ? [`In-Reply-To: <m${i - 1}@example.com>`, `References: <m${first}@example.com>`] : []),
    "MIME-Version: 1.0",
    filename === undefined ? text : multipart("mixed", text, file),
    "",
  );

  const labels = [
    i % 11 === 10 ? "TRASH" : "INBOX",
    ...(i % 3 === 0 ? ["UNREAD"] : []),
    ...(i % 4 === 0 ? ["Label_work"] : []),
  ];
  return {
    seed: {
      user_email: ADA,
      raw: Buffer.from(raw).toString("base64url"),
      thread_id: `thread${first}`,
      label_ids: labels,
      internal_date: String(ORIGIN_OF_TIME + i * 60_000),
    },
    isListed: !labels.includes("TRASH"),
    wanted: {
      thread: `thread${first}`,
      labels: labels.toSorted(),
      names: labels.map((label) => (label === "Label_work" ? "Work/Clients" : label)).toSorted(),
      date: new Date(ORIGIN_OF_TIME + i * 60_000).toISOString(),
      from: FROM,
      to: ADA,
      cc: i % 5 === 0 ? "alan@example.net" : "",
      subject,
      messageId: `<m${i}@example.com>`,
      inReplyTo: isReply ? `<m${i - 1}@example.com>` : "",
      plain,
      html: withHtml ? html : "",
      attachments: filename === undefined ? [] : [{ filename, mimeType: "application/pdf", size: bytes.length }],
    },
  };
}

function gistOf(record: ExportRecord): ReturnType<typeof message>["wanted"] {
  return {
    thread: record["Thread-ID"],
    labels: record.Labels.toSorted(),
    names: record["Label-Names"].toSorted(),
    date: record["Internal-Date"],
    from: record.From,
    to: record.To,
    cc: record.Cc,
    subject: record.Subject,
    messageId: record["RFC822-Message-ID"],
    inReplyTo: record["In-Reply-To"],
    plain: record.Body.plain,
    html: record.Body.html,
    attachments: record.Attachments.map(({ filename, mimeType, size }) => ({ filename, mimeType, size })),
  };
}

/**
 * What stands before the emulator. It adds users.getProfile; and as Google does, it gives smaller pages than were asked
 * for, and an access token that does not last: the first of each sign-in opens the profile and no mail.
 */
async function standBefore(emulator: string) {
  const asked: string[] = [];
  const refreshed: string[] = [];
  const ended = new Set<string>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, emulator);
    const sent = await buffer(request);
    const headers: Record<string, string> = {};
    for (const name of ["authorization", "content-type", "accept"])
      if (request.headers[name] !== undefined) headers[name] = String(request.headers[name]);
    const ask = (address: URL): Promise<Response> =>
      fetch(address, { method: request.method!, headers, redirect: "manual", ...(sent.length > 0 && { body: sent }) });
    const get = async (path: string): Promise<Record<string, unknown>> => {
      const answered = await ask(new URL(path, emulator));
      expect(answered.status).toBe(200);
      return (await answered.json()) as Record<string, unknown>;
    };

    if (/\/(messages|threads|labels|history)/.test(url.pathname) && ended.has(headers["authorization"] ?? "")) {
      const error = { code: 401, message: "Invalid Credentials", status: "UNAUTHENTICATED" };
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      return;
    }
    asked.push(`${request.method} ${url.pathname}`);
    if (url.pathname === "/gmail/v1/users/me/profile") {
      const { email } = await get("/oauth2/v2/userinfo");
      const { historyId } = await get("/gmail/v1/users/me/history?startHistoryId=1&maxResults=1");
      const { resultSizeEstimate } = await get("/gmail/v1/users/me/messages?maxResults=1");
      const profile = { emailAddress: email, messagesTotal: resultSizeEstimate, threadsTotal: 1, historyId };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(profile));
      return;
    }
    if (url.pathname.endsWith("/messages")) url.searchParams.set("maxResults", String(PAGE));
    const answered = await ask(url);
    const body = Buffer.from(await answered.arrayBuffer()).toString();
    const grantType = new URLSearchParams(sent.toString()).get("grant_type");
    if (grantType === "refresh_token") refreshed.push(String(answered.status));
    if (grantType === "authorization_code") {
      const { access_token: token } = JSON.parse(body) as { access_token: string };
      ended.add(`Bearer ${token}`);
    }
    const location = answered.headers.get("location");
    response.writeHead(answered.status, {
      "content-type": answered.headers.get("content-type") ?? "text/plain",
      ...(location !== null && { location }),
    });
    response.end(body);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    asked,
    refreshed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Presses the button of this person on the emulator's consent page; resolves with the page at the end of the redirects. */
async function consentAs(browser: Browser, consent: Page, account: string): Promise<Page> {
  const form = consent.text.match(/<form[\s\S]*?<\/form>/g)?.find((one) => one.includes(account)) ?? "";
  const fields = new URLSearchParams();
  for (const [, name, value] of form.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g))
    fields.set(name!, value!.replaceAll("&amp;", "&"));
  const action = /action="([^"]+)"/.exec(form)?.[1] ?? "";
  const { headers } = await browser.step(new URL(action, consent.url).href, fields);
  return browser.visit(headers.get("location") ?? "");
}

test("a mailbox of a Google that none of us wrote is exported as it was put there", async () => {
  const port = String(await freePort());
  const redirectUri = `http://localhost:${port}/auth/callback`;
  const messages = Array.from({ length: MESSAGES }, (_, i) => message(i));
  const emulator = await createEmulator({
    service: "google",
    port: 0,
    seed: {
      google: {
        users: [
          { email: ADA, name: "Ada" },
          { email: "eve@example.com", name: "Eve" },
        ],
        oauth_clients: [{ client_id: "client", client_secret: "secret", redirect_uris: [redirectUri] }],
        labels: [{ id: "Label_work", user_email: ADA, name: "Work/Clients" }],
        messages: messages.map(({ seed }) => seed),
      },
    },
  });
  await using _emulator = { [Symbol.asyncDispose]: () => emulator.close() };
  await using google = await standBefore(emulator.url);
  const credentials = {
    web: {
      client_id: "client",
      client_secret: "secret",
      auth_uri: `${google.url}/o/oauth2/v2/auth`,
      token_uri: `${google.url}/oauth2/token`,
      redirect_uris: [redirectUri],
    },
  };
  await using product = await install({ url: google.url, credentials }, { PORT: port });
  await using server = await product.serve();
  const { get, post } = api(server.url);

  const browser = openBrowser();
  const consent = await browser.visit(server.url + signInPath(ADA));
  expect(new URL(consent.url).searchParams.get("code_challenge_method")).toBe("S256");
  const page = await consentAs(browser, consent, ADA);
  expect(page.text).toContain("<h1>You are signed in</h1>");

  const { output_directory: directory } = await reaches(
    { get },
    await begin({ post }, { batch_size: 100 }),
    "completed",
  );
  expect(directory).toBe(join(product.folder, "data", ADA));
  const records = await recordsIn(directory);
  const listed = messages.filter(({ isListed }) => isListed).map(({ wanted }) => wanted);
  expect(listed.length).toBeGreaterThan(2 * PAGE);
  const byId = <T extends { messageId: string }>(all: T[]): T[] =>
    all.toSorted((a, b) => a.messageId.localeCompare(b.messageId));
  expect(byId(records.map(gistOf))).toEqual(byId(listed));
  expect(await manifestIn(directory)).toMatchObject({
    complete: true,
    failed: [],
    gone: [],
    total_emails: listed.length,
  });

  // Three pages, whole conversations where that is cheaper, and one refresh for all calls that needed it.
  expect(google.asked.filter((call) => call.endsWith("/users/me/messages"))).toHaveLength(
    Math.ceil(listed.length / PAGE),
  );
  expect(google.asked.filter((call) => call.includes("/threads/")).length).toBeGreaterThan(50);
  expect(google.refreshed).toEqual(["200"]);

  const verdict = await product.cli(["verify", directory, "--online"]);
  expect(verdict).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✓ Sound: /) });
});
