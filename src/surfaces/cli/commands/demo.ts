import { mkdtemp, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fetch } from "undici";
import { z } from "zod";

import type { Clock } from "../../../core/ports/clock.ts";
import type { ReadDirectory } from "../../../core/ports/read-directory.ts";
import { UNITS_PER_MINUTE } from "../../../core/quota.ts";
import { verify } from "../../../pipeline/verify.ts";
import { PROGRESS_SHAPE } from "../../progress-view.ts";
import type { Language } from "../../words/language.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { watch } from "../terminal/watch.ts";
import type { Messages } from "../words/messages.ts";
import { manifestLines, verdictLines } from "../words/report-lines.ts";

/** A simulated Google and a real server of ours that talks to it. */
export type Stage = AsyncDisposable & Readonly<{ googleUrl: string; serverUrl: string; account: string }>;

export type DemoParts = Readonly<{
  setUp(folder: string, messages: number): Promise<Stage>;
  readDirectory: ReadDirectory;
  clock: Clock;
  terminal: Terminal;
  messages: Messages;
}>;

/** `stay`: the server and the simulated Google go on, for a look at the console, until Ctrl-C. */
export type DemoOptions = Readonly<{ messages: number; stay: boolean }>;

/** The main job from end to end, as any HTTP client would do it: sign in, start an export, watch it, look at the files. */
export async function demo(
  { setUp, readDirectory, clock, terminal, messages: w }: DemoParts,
  { messages, stay }: DemoOptions,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "gmail-export-demo-"));
  await using stage = await setUp(folder, messages);
  const { account, googleUrl, serverUrl } = stage;
  terminal.inform(w.demoListens(messages, googleUrl, serverUrl));

  const page = await walk(`${serverUrl}/auth/gmail?email=${encodeURIComponent(account)}`, w.language, signal);
  terminal.inform(w.demoSignedIn(account, /<h1>(.*?)<\/h1>/.exec(page)?.[1] ?? "–"));

  const started = Started.parse(
    await json(`${serverUrl}/export/gmail`, signal, {
      email: account,
      output_dir: join(folder, "export"),
      include_spam_trash: true,
    }),
  );
  const directory = started.output_directory;
  const state = await watchToItsEnd(serverUrl + started.links.self, { clock, terminal, messages: w }, signal);

  const verdict = await verify(directory, readDirectory, signal);
  const { manifest } = verdict;
  for (const line of manifestLines(directory, manifest, terminal.paint.data, w)) terminal.data(line);
  for (const line of verdictLines(verdict, false, terminal.paint.data, w)) terminal.data(line);
  const minutes = Math.ceil(manifest.quota.units / UNITS_PER_MINUTE["2026"]);
  terminal.data(w.demoAtGoogle(UNITS_PER_MINUTE["2026"], minutes));
  const first = manifest.batches[0];
  if (first)
    terminal.data(w.demoRecord, ...JSON.stringify(await firstRecord(join(directory, first.file)), null, 2).split("\n"));
  if (state !== "completed" || !verdict.sound || !manifest.complete)
    throw new Error(`the demo's export ended as ${state}`);

  if (!stay) return;
  terminal.inform(w.demoStays(serverUrl));
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves with the state that the export ended in. */
async function watchToItsEnd(
  url: string,
  ports: Pick<DemoParts, "clock" | "terminal" | "messages">,
  signal: AbortSignal,
): Promise<string> {
  using reporter = watch(ports, signal);
  for (;;) {
    const { state, progress, quota } = Running.parse(await json(url, signal));
    reporter.progress({ ...progress, spent: quota, forecast: null });
    if (state !== "queued" && state !== "running") return state;
    await ports.clock.sleep(200, signal);
  }
}

const Started = z.object({ output_directory: z.string(), links: z.object({ self: z.string() }) });
const Running = z.object({ state: z.string(), ...PROGRESS_SHAPE });

async function json(url: string, signal: AbortSignal, body?: object): Promise<unknown> {
  const request = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, { ...request, signal });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return response.json();
}

/** Follows redirects as a browser does, cookies included; resolves with the last page. */
async function walk(url: string, language: Language, signal: AbortSignal): Promise<string> {
  const cookies = new Map<string, string>(); // by host and name
  for (let next = url, hops = 0; hops < 10; hops += 1) {
    const { host } = new URL(next);
    const mine = [...cookies]
      .filter(([key]) => key.startsWith(`${host} `))
      .map(([key, value]) => `${key.slice(host.length + 1)}=${value}`);
    const response = await fetch(next, {
      redirect: "manual",
      headers: { cookie: mine.join("; "), "accept-language": language },
      signal,
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = cookie.split(";", 1)[0]!.split("=", 2);
      cookies.set(`${host} ${name}`, value);
    }
    const location = response.headers.get("location");
    if (location === null) return response.text();
    next = new URL(location, next).href;
  }
  throw new Error("the sign-in never ended");
}

async function firstRecord(path: string): Promise<unknown> {
  await using file = await open(path);
  for await (const line of file.readLines()) if (line.startsWith("{")) return JSON.parse(line.replace(/,$/, ""));
  return undefined;
}
