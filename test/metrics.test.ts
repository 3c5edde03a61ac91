import { mkdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { api, expectProblem, type Api } from "./api.ts";
import { manifestIn } from "./exported.ts";
import {
  ADA,
  API_KEY,
  begin,
  BOB,
  inTheMiddle,
  reaches,
  stage,
  stageSignedIn,
  standstill,
  withKey,
  type Stage,
} from "./stage.ts";
import { until } from "./wait.ts";

/** What a scrape reads, by series: `name{labels}` to its value. */
async function scrape({ get }: Pick<Api, "get">): Promise<Map<string, number>> {
  const { text } = await get("/metrics");
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    samples.map((line) => {
      const [, series, value] = /^([a-z_]+(?:\{(?:[a-z_]+="[^"\n]*",?)+\})?) (\S+)$/.exec(line)!;
      return [series!, Number(value)];
    }),
  );
}

/** One server for all tests that do not count what a server was asked. */
let shared: Stage;
beforeAll(async () => void (shared = await stageSignedIn({ messages: 120 })));
afterAll(() => shared[Symbol.asyncDispose]());

describe("the metrics", () => {
  test("tell what was brought, what it cost at Google, and how long it took", async () => {
    const w = shared;
    const id = await begin(w, { include_spam_trash: true });
    await reaches(w, id, "completed");
    const metrics = await scrape(w);
    expect(metrics.get('gmail_export_messages_total{outcome="exported"}')).toBe(120);
    const { calls, units } = w.google.meter;
    for (const [method, count] of Object.entries(calls))
      expect([method, metrics.get(`gmail_export_gmail_calls_total{method="${method}"}`)]).toEqual([method, count]);
    const sum = [...metrics].reduce(
      (all, [series, value]) => (series.startsWith("gmail_export_quota_units_total") ? all + value : all),
      0,
    );
    expect(sum).toBe(units);
    expect(metrics.get('gmail_export_exports{state="completed"}')).toBe(1);
    expect(metrics.get('gmail_export_exports{state="running"}')).toBe(0);
    const { checkedAt, export_date } = await manifestIn(join(w.product.folder, "data", ADA));
    expect(metrics.get(`gmail_export_last_proven_timestamp_seconds{export_id="${id}"}`)).toBe(
      Date.parse(checkedAt ?? export_date) / 1_000,
    );
    expect(metrics.get('gmail_export_run_duration_seconds_count{outcome="completed"}')).toBe(1);
    expect(metrics.get('gmail_export_run_duration_seconds_bucket{outcome="completed",le="+Inf"}')).toBe(1);
  });

  test("are text that Prometheus reads, each series once, described once", async () => {
    const { status, headers, text } = await shared.get("/metrics");
    expect([status, headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(text.endsWith("\n")).toBe(true);
    const described = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name]) => name!);
    expect(new Set(described).size).toBe(described.length);
    expect([...text.matchAll(/^# HELP (\S+) \S.+$/gm)].map(([, name]) => name)).toEqual(described);
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const series = lines.map((line) => line.replace(/ \S+$/, ""));
    expect(new Set(series).size).toBe(series.length);
    for (const line of lines) expect(described.some((name) => line.startsWith(name))).toBe(true);
  });

  test("tell what Google refused, and why exports failed; what is brought up to date is not counted twice", async () => {
    await using w = await stageSignedIn({
      accounts: [
        { email: ADA, messages: 60 },
        { email: BOB, messages: 3 },
      ],
    });
    w.google.faults.add({ kind: "429", times: 3 });
    await reaches(w, await begin(w, { include_spam_trash: true }), "completed");
    const again = await begin(w, { include_spam_trash: true });
    await reaches(w, again, "completed");
    const stray = join(w.product.folder, "data", "stray");
    await mkdir(stray);
    await writeFile(join(stray, "emails_batch_1.json"), "[]");
    await reaches(w, await begin(w, { email: BOB, output_dir: "data/stray" }), "failed");
    const metrics = await scrape(w);
    // By the newest export of the directory alone; one that was never proven has none.
    expect([...metrics.keys()].filter((series) => series.includes("last_proven"))).toEqual([
      `gmail_export_last_proven_timestamp_seconds{export_id="${again}"}`,
    ]);
    const refused = [...metrics].filter(([series]) => series.startsWith("gmail_export_refusals_total"));
    expect(refused.reduce((all, [, value]) => all + value, 0)).toBe(3);
    expect(metrics.get('gmail_export_failures_total{code="directory_foreign"}')).toBe(1);
    expect(metrics.get('gmail_export_run_duration_seconds_count{outcome="failed"}')).toBe(1);
    expect(metrics.get('gmail_export_messages_total{outcome="exported"}')).toBe(60);
  });

  test("tell what may be spent a minute while something is fetched, beside what is", async () => {
    const w = shared;
    const allowed = async () => (await scrape(w)).get("gmail_export_quota_units_per_minute_allowed");
    expect(await allowed()).toBe(0);
    w.google.faults.add(standstill(60));
    const id = await begin(w, { output_dir: "data/paused" });
    await inTheMiddle(w, id);
    await until(async () => ((await allowed()) ?? 0) > 0);
    await w.post(`/exports/${id}/pause`); // while it stands still: it could be over before it is asked
    await reaches(w, id, "paused");
    expect(await allowed()).toBe(0);
    w.google.faults.clear();
  });

  test("tell of requests by the pattern of their route, and name no person, no export and no address", async () => {
    await using w = await stageSignedIn({ messages: 3 });
    const id = await begin(w);
    await reaches(w, id, "completed");
    await w.get(`/auth/status?email=${ADA}`);
    await w.get(`/exports/${id}/files/manifest.json`);
    await w.get(`/exports/${id}/events`);
    await w.get("/somewhere/ada@example.com");
    w.google.faults.add({ kind: "hang" });
    const lists = async () => (await scrape(w)).get('gmail_export_gmail_calls_total{method="messages.list"}') ?? 0;
    const before = await lists();
    const left = new AbortController();
    const estimate = fetch(`${w.server.url}/exports/estimate`, {
      method: "POST",
      body: JSON.stringify({ email: ADA }),
      headers: { "content-type": "application/json" },
      signal: left.signal,
    });
    await until(async () => (await lists()) > before);
    left.abort();
    await expect(estimate).rejects.toThrow();
    const counts = 'gmail_export_http_request_duration_seconds_count{method="';
    await until(async () => (await scrape(w)).has(`${counts}POST",route="/exports/estimate",status="499"}`));
    const metrics = await scrape(w);
    for (const [method, route, status] of [
      ["GET", "/auth/status", 200],
      ["POST", "/export/gmail", 202],
      ["GET", "/exports/:id/files/:name", 200],
      ["GET", "/exports/:id/events", 200],
      ["GET", "none", 404],
    ])
      expect([route, metrics.get(`${counts}${method}",route="${route}",status="${status}"}`)]).toEqual([route, 1]);
    expect(w.server.output()).not.toContain("request failed"); // nobody is left to whom it could have failed
    const { text } = await w.get("/metrics");
    expect(text).not.toMatch(/@|example/);
    expect(text.replaceAll(`{export_id="${id}"}`, "")).not.toContain(id);
    expect(text).not.toContain(w.product.folder);
  });
});

describe("readiness", () => {
  test("is said when the list of exports and the folders can be used", async () => {
    expect(await shared.get("/readyz")).toMatchObject({ status: 200, body: { status: "ready" } });
  });

  test("is denied with every reason, and without a path; needs no key", async () => {
    await using w = await stage({ messages: 1 }, { API_KEY, EXPORT_DIR: "./exports" });
    for (const folder of ["tokens", "exports"]) {
      await rm(join(w.product.folder, folder), { recursive: true, force: true });
      await writeFile(join(w.product.folder, folder), "a file");
    }
    const answer = await w.get("/readyz");
    expectProblem(answer, 503, "not_ready");
    expect(answer.body.errors.map(({ field }) => field)).toEqual(["EXPORT_DIR", "TOKEN_DIR"]);
    expect(answer.text).not.toContain(w.product.folder);
    expectProblem(await w.get("/metrics"), 401, "api_key_required");
    expect((await api(w.server.url, withKey).get("/metrics")).status).toBe(200);
    expect((await w.get("/healthz")).status).toBe(200);
  });
});

describe("a request id", () => {
  const ask = (path: string, id?: string) =>
    shared.call("GET", path, id === undefined ? {} : { headers: { "x-request-id": id } });

  test("is made for each request, and stands in the answer, in the problem and in the log", async () => {
    const ids = new Set<string>();
    for (const path of ["/exports/none", "/exports/none", "/nowhere", "/auth/status", "/exports?x=1", "/%ff"]) {
      const { headers, body } = await ask(path);
      const id = headers.get("x-request-id")!;
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(body).toMatchObject({ request_id: id });
      ids.add(id);
    }
    expect(ids.size).toBe(6);
    const { headers } = await ask("/exports/none");
    await until(() => logged(shared, headers.get("x-request-id")!).length > 0);
    expect(logged(shared, headers.get("x-request-id")!)).toMatchObject([
      { msg: "request", route: "/exports/:id", status: 404 },
    ]);
  });

  test("is the client's own, where it is one", async () => {
    for (const id of ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "req_1.2:3/4+5=-", "x".repeat(100)]) {
      const { headers, body } = await ask("/exports/none", id);
      expect([headers.get("x-request-id"), body.request_id]).toEqual([id, id]);
      await until(() => logged(shared, id).length === 1);
    }
  });

  test("is a new one where the client's could not stand in a log", async () => {
    for (const id of ["", " ", "x".repeat(101), "a b", "<script>", 'a"b', "a,b", "ada@example.com", "\u00e9"]) {
      const { headers } = await ask("/exports/none", id);
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
    const twice = await new Promise<string | undefined>((resolve, reject) => {
      const sent = request(
        `${shared.server.url}/exports/none`,
        { headers: { "x-request-id": ["a", "b"] } },
        (response) => {
          response.resume();
          resolve(response.headers["x-request-id"] as string);
        },
      );
      sent.on("error", reject).end();
    });
    expect(twice).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("leads from a request to the export that it started", async () => {
    const { body } = await shared.call("POST", "/export/gmail", {
      body: JSON.stringify({ email: ADA, max_emails: 1, output_dir: "data/one" }),
      headers: { "content-type": "application/json", "x-request-id": "from-a-proxy" },
    });
    await until(() => logged(shared, "from-a-proxy").length === 2);
    expect(logged(shared, "from-a-proxy")).toMatchObject([
      { msg: "export accepted", export: body.job_id },
      { msg: "request", route: "/export/gmail", status: 202 },
    ]);
    await reaches(shared, body.job_id, "completed");
  });
});

/** The log's lines of a request. */
function logged({ server }: Pick<Stage, "server">, requestId: string): Readonly<Record<string, unknown>>[] {
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["requestId"] === requestId);
}
