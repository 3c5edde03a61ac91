import { readdir } from "node:fs/promises";
import { connect } from "node:net";

import * as fc from "fast-check";

import { simulateGoogle } from "../../simulator/google.ts";
import { api } from "../../test/api.ts";
import { openBrowser } from "../../test/browser.ts";
import { longestTurnMs, measureTurns } from "../../test/longest-turn.ts";
import { install, type Server } from "../../test/product.ts";
import { PATIENCE_MS, until } from "../../test/wait.ts";
import { MARKS, markIn } from "../marks.ts";
import { Defect, must, type Target } from "../target.ts";

const ADA = "ada@example.com";

/** In time of the processor, at one go. */
const LONGEST_TURN_MS = 1_000;

/** What the server says when it met something that nobody expects. */
const DEFECT = /.*"msg":"(?:defect|request failed|events broke off)".*/;

/** How many cases pass between two looks at the whole. */
const LOOK_EVERY = 500;

/** The real server as a process, with an export on disk: bytes on a socket that are nearly requests. */
export const server: Target = {
  name: "server",
  share: 200,
  async open() {
    const stack = new AsyncDisposableStack();
    const google = stack.use(await simulateGoogle({ messages: 40 }));
    google.mailbox().add({ subject: MARKS.subject, plain: MARKS.body });
    const product = stack.use(await install(google));
    const running = stack.use(await product.serve(await measureTurns(product.folder)));
    await openBrowser().visit(`${running.url}/auth/gmail?email=${ADA}`);
    const { get, post } = api(running.url);
    const { body: started } = await post("/export/gmail", { email: ADA, batch_size: 25 });
    await until(async () => (await get(`/exports/${started.job_id}`)).body.state === "completed");
    const before = (await readdir(product.folder)).toSorted();
    const secrets = (): string[] => [...google.tokens.values, secretOf(google.credentials)];
    let cases = 0;
    let read = 0; // of the log

    return {
      seeds: requests(started.job_id, new URL(running.url).host).map((text) => Buffer.from(text)),
      shapes: fc
        .tuple(fc.constantFrom("/export/gmail", "/exports/estimate", "/exports/1/pause"), fc.json())
        .map(([path, json]) => postOf(path, json, new URL(running.url).host)),
      async feed(input) {
        const answer = await exchange(running.url, input);
        const output = running.output();
        must(output.length < 64 << 20, "a log without end");
        const defect = DEFECT.exec(output.slice(read))?.[0];
        read = output.length;
        must(defect === undefined, "a defect in the log", defect);
        if ((cases += 1) % LOOK_EVERY === 0) await mustLive(running, product.folder);
        const [head = "", ...rest] = answer.split("\r\n\r\n");
        must(answer === "" || /^HTTP\/1\.1 [1-5]\d\d /.test(head), "an answer that is no HTTP", head.slice(0, 200));
        must(
          !head.startsWith("HTTP/1.1 500") || !answer.includes('"code":"internal"'),
          "an error that nobody expects",
          answer,
        );
        must(markIn(answer, secrets()) === undefined, "a token in an answer", answer);
        return [head, ...(head.startsWith("HTTP/1.1 2") ? [] : rest)];
      },
      async audit() {
        await mustLive(running, product.folder);
        const log = running.output();
        must(markIn(log, [...secrets(), ...Object.values(MARKS)]) === undefined, "a secret in the log");
        const broken = log
          .split("\n")
          .find((line) => line !== "" && !line.startsWith("gmail-export listens") && !isLogLine(line));
        must(broken === undefined, "a log line that is none", broken);
        must(!DEFECT.test(log.slice(read)), "a defect in the log", log.slice(read));
        const after = (await readdir(product.folder)).toSorted();
        must(after.join() === before.join(), "something was written outside", after.join());
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

const secretOf = (credentials: object): string =>
  String(/"client_secret":"([^"]+)"/.exec(JSON.stringify(credentials))?.[1]);

async function mustLive({ url, output }: Server, folder: string): Promise<void> {
  const status = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    (response) => response.status,
    () => 0,
  );
  if (status !== 200) throw new Defect("the server is gone", output().slice(-2_000));
  const ms = await longestTurnMs(folder);
  must(ms < LONGEST_TURN_MS, "the server is busy for too long", `${Math.round(ms)} ms`);
}

function isLogLine(line: string): boolean {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

/** All that comes back until the server has had enough; of a stream of events the beginning. */
function exchange(url: string, input: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.setTimeout(PATIENCE_MS, () => {
      reject(new Defect("an answer that does not come"));
      socket.destroy();
    });
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      answer += chunk;
      if (answer.includes("text/event-stream") || answer.length > 1 << 20) socket.destroy();
    });
    socket.on("error", () => {}).on("close", () => resolve(answer));
    socket.on("end", () => socket.destroy());
    socket.end(input);
  });
}

const getOf = (path: string, host: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", ""].join("\r\n");

const postOf = (path: string, json: string, host: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(json)}`,
    "",
    json,
  ].join("\r\n");

/** One of every kind. */
function requests(id: string, host: string): string[] {
  const get = (path: string, ...headers: string[]): string => getOf(path, host, ...headers);
  const post = (path: string, json: unknown): string => postOf(path, JSON.stringify(json), host);
  const file = `/exports/${id}/files/emails_batch_1.json`;
  return [
    get("/healthz"),
    get("/readyz"),
    get("/metrics"),
    get("/openapi.json"),
    get("/docs/"),
    get("/"),
    get("/exports"),
    get(`/exports/${id}`, "X-Request-Id: trace-1"),
    get(`/exports/${id}/events`, "Last-Event-ID: 1795426200000-0123456789abcdef"),
    get(file, "Range: bytes=0-99"),
    get(file, "Range: bytes=-1", 'If-Range: "abc"', "If-Match: *"),
    get(`/exports/${id}/files/manifest.json`, 'If-None-Match: "abc", W/"def"'),
    get(`/exports/${id}/files/..%2f..%2fcredentials.json`),
    get(`/exports/${id}/archive`),
    get(`/exports/${id}/records?search=tickets%20lisbon&label=INBOX&after=2024-01-01&limit=20&cursor=abc`),
    get(`/exports/${id}/records/18c2a0/html`),
    get(`/exports/${id}/statistics`),
    get("/setup"),
    get("/session", "Cookie: __Host-session=abc; session=def"),
    get(`/auth/gmail?email=${ADA}&moved=1`, "Accept: text/html"),
    get(`/auth/callback?code=${MARKS.code}&state=abc`, "Cookie: gmail_export_sign_in_abc=def"),
    get(`/auth/status?email=${ADA}`),
    get("/accounts"),
    get("/doctor"),
    post("/export/gmail", { email: ADA, max_emails: 3, output_dir: "data/fuzz", batch_size: 2, query: MARKS.query }),
    post("/export/gmail", { email: `${MARKS.address}@example.com`, labels: ["INBOX"], include_spam_trash: true }),
    post("/exports/estimate", { email: ADA, query: "is:unread" }),
    post(`/exports/${id}/pause`, {}),
    post(`/exports/${id}/retry-failed`, {}),
    get("/exports").replace("GET", "HEAD"),
    get("/auth?email=nobody@example.com").replace("GET", "DELETE"),
    `POST /export/gmail HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n`,
    get("/exports") + get("/healthz"),
  ];
}
