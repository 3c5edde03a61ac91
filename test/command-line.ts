import { join } from "node:path";

import { expect } from "vitest";

import { simulateGoogle, type SimulatedGoogle, type SimulatorOptions } from "../simulator/google.ts";
import { openBrowser } from "./browser.ts";
import { install, type Outcome, type Product, type Running, type Settings } from "./product.ts";
import { signInAt } from "./signed-in.ts";
import { ADA } from "./stage.ts";

export type CommandStage = AsyncDisposable & Readonly<{ google: SimulatedGoogle; product: Product; directory: string }>;

/** A simulated Google and an installation that takes it for the real one; `directory` is where Ada's mail goes. */
export async function commandStage(options: SimulatorOptions = {}, settings: Settings = {}): Promise<CommandStage> {
  await using stack = new AsyncDisposableStack();
  const google = stack.use(await simulateGoogle({ messages: 60, ...options }));
  const product = stack.use(await install(google, settings));
  const ours = stack.move();
  const directory = join(product.folder, "data", ADA);
  return { google, product, directory, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

/** The same with Ada signed in. */
export async function commandStageSignedIn(options: SimulatorOptions = {}): Promise<CommandStage> {
  const made = await commandStage(options);
  await signInAt(made.product, made.google, ADA);
  return made;
}

/** The address that `login` says to open. */
export const addressIn = async (login: Running): Promise<string> => (await login.says(/^http\S+$/m))[0];

export const hasCode = ({ searchParams }: URL): boolean => searchParams.has("code") || searchParams.has("error");

/** Signs in as on a machine without a browser: the address is opened elsewhere, and where that ends is pasted. */
export async function loginByPasting(product: Product, account: string): Promise<Outcome> {
  const login = product.start(["login", account, "--no-browser"]);
  const back = await openBrowser().visit(await addressIn(login), hasCode);
  login.type(`${back.url}\n`);
  return login.ended;
}

/** One line that is one JSON value, and nothing else. */
export function jsonIn({ stdout }: Outcome): unknown {
  expect(stdout).toMatch(/^[[{].*[\]}]\n$/);
  return JSON.parse(stdout);
}

/** One JSON object a line, each an event. */
export function eventsIn({ stdout }: Pick<Outcome, "stdout">): readonly Readonly<Record<string, unknown>>[] {
  expect(stdout).toMatch(/^(\{"event":.*\}\n)+$/);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
