import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { api } from "./api.ts";
import { install, type Product, type Settings } from "./product.ts";
import { ADA, begin, reaches, signIn } from "./stage.ts";

const RECORDER = import.meta.resolve("./contacts.ts");

/** Settings with which a process writes down whom it talks to, and what is written there so far. */
function recorded({ folder }: Product): { settings: Settings; contacts: () => Promise<string[]> } {
  const path = join(folder, "contacts.txt");
  return {
    settings: { NODE_OPTIONS: `--import ${RECORDER}`, CONTACTS: path },
    contacts: async () => [...new Set((await readFile(path, "utf8")).trim().split("\n"))].toSorted(),
  };
}

test("signing in, exporting, looking for faults and signing out talk to the configured Google and to nobody else", async () => {
  await using google = await simulateGoogle({ messages: 30 });
  await using product = await install(google);
  const { settings, contacts } = recorded(product);
  {
    await using server = await product.serve(settings);
    const w = api(server.url);
    await signIn(server, ADA);
    await reaches(w, await begin(w), "completed");
    await w.get("/doctor");
  }
  expect((await product.cli(["export", ADA], settings)).code).toBe(0);
  expect((await product.cli(["doctor"], settings)).code).toBe(0);
  expect((await product.cli(["logout", ADA], settings)).code).toBe(0);
  const { host } = new URL(google.url);
  const { port } = new URL(product.origin); // doctor asks who has it
  const itself = new Set([`127.0.0.1:${port}`, `::1:${port}`]);
  expect((await contacts()).filter((contact) => !itself.has(contact))).toEqual([host]);
});

test("with a client file of Google's, only Google's hosts are asked for", async () => {
  const client = {
    client_id: "1-a.apps.googleusercontent.com",
    client_secret: "GOCSPX-nobody-knows-it",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: "https://oauth2.googleapis.com/token",
  };
  await using product = await install({ url: "https://gmail.googleapis.com", credentials: { installed: client } });
  const { settings, contacts } = recorded(product);
  await product.cli(["doctor"], settings); // whether this machine reaches Google or not
  const allowed = /^((127\.0\.0\.1|::1):|(accounts\.google|oauth2\.googleapis|gmail\.googleapis)\.com:443$)/;
  expect((await contacts()).filter((contact) => !allowed.test(contact))).toEqual([]);
  expect(await contacts()).toContain("gmail.googleapis.com:443");
});
