import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "vitest";

import { simulateGoogle, type Fault, type SimulatedGoogle, type SimulatorOptions } from "../simulator/google.ts";
import { visitConsent } from "../simulator/visitor.ts";
import { api, type Api, type Fields } from "./api.ts";
import { openBrowser } from "./browser.ts";
import { manifestIn, recordsIn, sortedIds } from "./exported.ts";
import { install, type Product, type Server, type Settings } from "./product.ts";
import { signInAt } from "./signed-in.ts";
import { until } from "./wait.ts";

export const ADA = "ada@example.com";
export const BOB = "bob@example.com";

/** As `gmail-export key` makes one. */
export const API_KEY = "sesame-8yq0Tz3vKf5Wm1Lr7Nc2Xp6Jd4Hb9Gs-open";
export const withKey = { authorization: `Bearer ${API_KEY}` };

/** A simulated Google, a server of ours that takes it for the real one, and requests to that server. */
export type Stage = AsyncDisposable & Api & Readonly<{ google: SimulatedGoogle; product: Product; server: Server }>;

export async function stage(
  options: SimulatorOptions = {},
  settings: Settings = {},
  signedIn: readonly string[] = [],
): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const google = stack.use(await simulateGoogle({ messages: 5, ...options }));
  const product = stack.use(await install(google, settings));
  for (const account of signedIn) await signInAt(product, google, account);
  const server = stack.use(await product.serve());
  const ours = stack.move();
  return { google, product, server, ...api(server.url), [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

/** The same with everybody signed in, before the server was started. */
export async function stageSignedIn(options: SimulatorOptions = {}): Promise<Stage> {
  const accounts = options.accounts?.map(({ email }) => email) ?? [ADA];
  return stage({ messages: 120, ...options }, {}, accounts);
}

export async function signIn({ url }: Pick<Server, "url">, account: string): Promise<void> {
  const page = await openBrowser().visit(url + signInPath(account));
  expect(page.text).toContain("<h1>You are signed in</h1>");
}

/** Nobody is signed in any more, and Google is as it was at first: between tests that share a server. */
export async function signEverybodyOut({ google, delete: remove, product }: Stage): Promise<void> {
  google.faults.clear();
  google.consent.decision = "approve";
  delete google.consent.account;
  delete google.consent.scopes;
  for (const account of google.accounts)
    expect((await remove(`/auth?email=${encodeURIComponent(account)}`)).status).toBe(200);
  expect(await grantsIn(product)).toEqual([]);
}

export const signInPath = (account: string): string => `/auth/gmail?email=${encodeURIComponent(account)}`;

/** Names of the grants stored. */
export const grantsIn = async ({ folder }: Product): Promise<string[]> =>
  (await readdir(join(folder, "tokens")).catch(() => [])).filter((name) => name.endsWith(".grant"));

/** Whether Google still holds that this person allowed the project something. */
export async function isAllowedAtGoogle(google: SimulatedGoogle, login_hint: string): Promise<boolean> {
  const { callback } = await visitConsent(google, { login_hint, prompt: "none" });
  return callback?.searchParams.get("error") !== "interaction_required";
}

/** Nothing is answered any more after so many calls: an export stands still in the middle, for as long as a test needs. */
export const standstill = (afterCalls: number): Fault => ({ kind: "hang", afterCalls });

/** No mail is given out after so many readings until the faults are cleared, when all that was asked meanwhile comes. */
export const pauseAfter = (afterReadings: number): Fault => ({ kind: "wait", afterCalls: afterReadings });

/** Starts an export; resolves with its id. */
export async function begin({ post }: Pick<Api, "post">, body: object = {}): Promise<string> {
  const answer = await post("/export/gmail", { email: ADA, ...body });
  expect(answer.status, answer.text).toBe(202);
  return answer.body.job_id;
}

export const look = async ({ get }: Pick<Api, "get">, id: string): Promise<Fields> =>
  (await get(`/exports/${id}`)).body;

const FINAL: ReadonlySet<string> = new Set(["completed", "completed_with_failures", "failed", "cancelled"]);

/** The export once it is in this state. */
export const reaches = (w: Pick<Api, "get">, id: string, state: string): Promise<Fields> =>
  until(async (note) => {
    const job = note(await look(w, id));
    if (job.state === state) return job;
    if (FINAL.has(job.state)) throw new Error(`not ${state}, and over: ${JSON.stringify(job)}`);
    return undefined;
  });

/** Exports what there is, in batches of 50; resolves when it is complete. */
export async function exportAll(
  on: Pick<Api, "get" | "post">,
  body: object = {},
): Promise<{ id: string; directory: string }> {
  const id = await begin(on, { batch_size: 50, ...body });
  const { output_directory: directory } = await reaches(on, id, "completed");
  return { id, directory };
}

/** The export once something of it is on disk, and not all. */
export const inTheMiddle = (w: Pick<Api, "get">, id: string): Promise<Fields> =>
  until(async (note) => {
    const job = note(await look(w, id));
    return job.state === "running" && job.progress.exported > 0 && job;
  });

/** Ids that a listing without spam and trash has, newest first. */
export function listedIds({ google }: Pick<Stage, "google">, account = ADA): string[] {
  const { ids, truth } = google.mailbox(account);
  return ids().filter((id) => !truth(id).labelIds.some((label) => label === "SPAM" || label === "TRASH"));
}

/** The export is complete: every one of these messages is in it, once, and no other. */
export async function expectAllOnce(
  w: Pick<Stage, "google">,
  directory: string,
  ids: readonly string[] = listedIds(w),
): Promise<void> {
  expect(sortedIds(await recordsIn(directory))).toEqual(ids.toSorted());
  expect(await manifestIn(directory)).toMatchObject({ complete: true, failed: [], gone: [], total_emails: ids.length });
}
