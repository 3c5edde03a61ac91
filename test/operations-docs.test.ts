import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { createMeasures } from "../src/surfaces/http/operations/measures.ts";
import { scratchFolder } from "./scratch.ts";
import { ADA, begin, BOB, reaches, stageSignedIn } from "./stage.ts";
import { until } from "./wait.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

type Panel = Readonly<{ title: string; gridPos: { x: number; y: number }; targets: readonly { expr: string }[] }>;

type Dashboard = Readonly<{
  schemaVersion: number;
  panels: readonly Panel[];
  templating: { list: readonly { name: string; query: string | { query: string } }[] };
}>;

/** The metrics of a server that has done something, by type, and every label that a series of one has. */
async function metrics(): Promise<{ types: Map<string, string>; labels: Map<string, Set<string>> }> {
  const accounts = [ADA, BOB].map((email) => ({ email, messages: 5 }));
  await using w = await stageSignedIn({ accounts });
  w.google.faults.add({ kind: "429", times: 1 });
  await reaches(w, await begin(w), "completed");
  w.google.faults.add({ kind: "dailyLimit" });
  await reaches(w, await begin(w), "waiting");
  w.google.faults.clear();
  w.google.faults.add({ kind: "wait" });
  await begin(w, { email: BOB });
  let text = "";
  const isComplete = /^gmail_export_backlog_finish_timestamp_seconds \d/m;
  await until(async () => isComplete.test((text = (await w.get("/metrics")).text)));
  w.google.faults.clear();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
  const labels = new Map<string, Set<string>>();
  for (const [, name, inner = ""] of text.matchAll(/^(gmail_export_\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = labels.get(name!) ?? new Set();
    for (const [, label] of inner.matchAll(/(\w+)="/g)) known.add(label!);
    labels.set(name!, known);
  }
  return { types, labels };
}

test("the dashboard and the alerts ask for series and labels that a server has", async () => {
  const { types, labels } = await metrics();
  const dashboard: Dashboard = JSON.parse(await read("docs/grafana/gmail-export.json"));
  const page = await read("docs/operations.md");
  const alerts = page.slice(page.indexOf("| alert when |")).matchAll(/^\| `(.*gmail_export.*?)` \|/gm);
  const queries = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ query }) => (typeof query === "string" ? [] : [query.query])),
    ...[...alerts].map(([, query]) => query!),
  ];
  expect(queries.length).toBeGreaterThan(15);
  // Prometheus adds these itself.
  const known = (name: string, label: string): boolean =>
    ["job", "instance"].includes(label) || labels.get(name)!.has(label);
  for (const query of queries)
    for (const [, name, matchers = ""] of query.matchAll(/\b(gmail_export_\w+)(?:\{(.*?)\})?/g)) {
      expect([...labels.keys()], query).toContain(name);
      const by = [...query.matchAll(/\bby \((.*?)\)/g)].flatMap(([, list]) => list!.split(", "));
      const used = [...[...matchers.matchAll(/(\w+)[!=]=?~?"/g)].map(([, label]) => label!), ...by];
      for (const label of used) expect(known(name!, label), `${label} in ${query}`).toBe(true);
    }
  const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(" ");
  for (const name of types.keys()) expect(shown).toContain(name); // and nothing is measured in vain
});

test("operations.md tells every metric with its type, and no other", async () => {
  const { types } = await metrics();
  const rows = (await read("docs/operations.md")).matchAll(/^\| `(gmail_export_\w+)` \| (\w+)/gm);
  expect([...rows].map(([, name, type]) => `${name} ${type}`).toSorted()).toEqual(
    [...types].map(([name, type]) => `${name} ${type}`).toSorted(),
  );
});

test("the dashboard can be imported: a data source of one's own, and no panel upon another", async () => {
  const dashboard: Dashboard = JSON.parse(await read("docs/grafana/gmail-export.json"));
  expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39); // Grafana 11
  expect(dashboard.templating.list[0]).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" });
  const sources = [...JSON.stringify(dashboard).matchAll(/"uid":"([^"]+)"/g)].map(([, uid]) => uid);
  expect(new Set(sources)).toEqual(new Set(["${datasource}", "gmail-export"]));
  expect(new Set(dashboard.panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(dashboard.panels.length);
});

test("operations.md tells every event that the log may have, and no other", async () => {
  const events = new Set<string>();
  for (const name of await readdir(join(root, "src"), { recursive: true })) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
    const text = await read(join("src", name));
    for (const [, event] of text.matchAll(/\blog\??\.(?:debug|info|warn|error)\(\s*"([^"]+)"/g)) events.add(event!);
  }
  const page = await read("docs/operations.md");
  const table = page.slice(page.indexOf("| event | fields |"), page.indexOf("## Metrics"));
  const told = table
    .split("\n")
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, event]) => event!));
  expect(told.toSorted()).toEqual([...events].toSorted());
});

const run = promisify(execFile);

/** Where a program is on this machine; undefined where it is not. */
const PROGRAMS = await Promise.all(
  ["nginx", "caddy", "promtool"].map((name) =>
    run("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`]).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    ),
  ),
);
const [nginx, caddy, promtool] = PROGRAMS;

test(`nginx 1.22 of Debian 12 takes nginx.conf (${nginx ? "asked itself" : "read only: there is no nginx on this machine"})`, async () => {
  const conf = await read("docs/operations/nginx.conf");
  expect(conf).not.toMatch(/^\s*http2 on;/m); // since 1.25.1
  expect(conf.match(/\{/g)?.length).toBe(conf.match(/\}/g)?.length);
  if (nginx === undefined) return;
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  const certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=mail.example.com"];
  await run("openssl", [...certificate, "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")]);
  const ours = conf
    .replace(/ssl_certificate .*;/, `ssl_certificate ${folder}/cert.pem;`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${folder}/key.pem;`);
  // Nothing outside this folder: the test is no user of the machine's nginx.
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((use) => `${use}_temp_path ${folder}/${use};`);
  await writeFile(
    join(folder, "nginx.conf"),
    `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${own.join("\n")}\n${ours}\n}\n`,
  );
  const { stderr } = await run(nginx, ["-t", "-c", join(folder, "nginx.conf"), "-p", folder]);
  expect(stderr).toContain("test is successful");
});

test(`Caddy takes Caddyfile (${caddy ? "asked itself" : "read only: there is no caddy on this machine"})`, async () => {
  const file = await read("docs/operations/Caddyfile");
  expect(file).toMatch(/reverse_proxy/);
  if (caddy === undefined) return;
  const { stdout, stderr } = await run(caddy, [
    "validate",
    "--adapter",
    "caddyfile",
    "--config",
    join(root, "docs/operations/Caddyfile"),
  ]);
  expect(stdout + stderr).toContain("Valid configuration");
});

test(`every alert is PromQL (${promtool ? "promtool asked itself" : "read only: there is no promtool on this machine"})`, async () => {
  const page = await read("docs/operations.md");
  const alerts = [...page.slice(page.indexOf("| alert when |")).matchAll(/^\| `(.*gmail_export.*?)` \|/gm)];
  expect(alerts.length).toBeGreaterThan(3);
  for (const [, query] of alerts) expect(query!.match(/\(/g)?.length, query).toBe(query!.match(/\)/g)?.length);
  if (promtool === undefined) return;
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  const rules = alerts.map(
    ([, query], i) => `      - alert: a${i}\n        expr: ${JSON.stringify(query!.replaceAll("\\|", "|"))}`,
  );
  await writeFile(join(folder, "rules.yml"), `groups:\n  - name: gmail-export\n    rules:\n${rules.join("\n")}\n`);
  const { stdout } = await run(promtool, ["check", "rules", join(folder, "rules.yml")]);
  expect(stdout).toContain("SUCCESS");
});

test("the backup leaves out the key that opens what it packs", async () => {
  const page = await read("docs/operations.md");
  const command = /^tar --create .*$/m.exec(page)![0];
  expect(command).toContain("--exclude var/lib/gmail-export/state/key");
  expect(command).not.toContain("etc/gmail-export");
});

test("refusals can be counted from the first one on", async () => {
  expect(createMeasures({ now: () => 0 } as unknown as Parameters<typeof createMeasures>[0]).text()).toContain(
    'gmail_export_refusals_total{code="quota_exceeded"} 0',
  );
});
