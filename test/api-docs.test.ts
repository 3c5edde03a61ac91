import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { api } from "./api.ts";
import { freePort } from "./free-port.ts";
import { install } from "./product.ts";
import { runScript } from "./shell.ts";
import { API_KEY, reaches, signIn, standstill } from "./stage.ts";

const ACCOUNT = "you@gmail.com";

/** The server and the export that the page speaks of. */
const ORIGIN = "http://localhost:8000";
const EXPORT_ID = "b7c3925b-cae9-47a0-9b70-a9041387e2a4";

/** An HTTP error is one of the command too, and nothing hangs. */
const CURL = 'curl() { command curl --silent --show-error --fail-with-body --max-time 300 "$@"; }';

/** The shell examples of a page; `shows` is the JSON that stands right below. */
function examplesIn(page: string): { script: string; shows: object | undefined }[] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```\n(?:```json\n([\s\S]*?)^```)?/gm)].map(([, script, json]) => ({
    script: script!,
    shows: json === undefined ? undefined : JSON.parse(json),
  }));
}

const readPage = (): Promise<string> => readFile(join(import.meta.dirname, "../docs/api.md"), "utf8");

const curl = spawnSync("curl", ["--version"]);

if (curl.status !== 0)
  test("without curl here, the commands of docs/api.md are read, and not run: each is a sound script", async () => {
    expect(curl.error).toMatchObject({ code: "ENOENT" });
    for (const { script } of examplesIn(await readPage()))
      expect(await runScript('sh -n -c "$1"', [script], { cwd: "/", env: {} })).toMatchObject({ code: 0, stderr: "" });
  });
else
  test("every command of docs/api.md works as it stands, and prints what the page shows", async () => {
    const page = await readPage();
    const examples = examplesIn(page);
    expect(examples.length).toBe(page.match(/^curl /gm)!.length);

    await using google = await simulateGoogle({ accounts: [{ email: ACCOUNT, messages: 60 }] });
    await using product = await install(google);
    await using server = await product.serve();
    await using locked = await product.serve({ API_KEY, PORT: String(await freePort()) });
    const w = api(server.url);
    await writeFile(join(product.folder, "client_secret.json"), JSON.stringify(google.credentials));
    await signIn(server, ACCOUNT);
    let id = "";

    /** What a command finds, where that is not what the one before has left. */
    const before: Readonly<Record<string, () => Promise<unknown>>> = {
      "/setup/credentials": () => rm(join(product.folder, "credentials.json")),
      "/export/gmail": async () => {
        await signIn(server, ACCOUNT);
        google.faults.add(standstill(3));
      },
      "/events": async () => {
        await reaches(w, id, "paused");
        google.faults.clear();
        await w.post(`/exports/${id}/resume`);
        await reaches(w, id, "completed");
      },
    };
    for (const { script, shows } of examples) {
      await Object.entries(before).find(([address]) => script.includes(address))?.[1]();
      const { url } = script.includes("/session") ? locked : server;
      const command = script.replaceAll(ORIGIN, url).replaceAll(EXPORT_ID, id).replaceAll("…", API_KEY);
      const env = { PATH: process.env["PATH"] ?? "" };
      const { code, stdout, stderr } = await runScript(`${CURL}\n${command}`, [], { cwd: product.folder, env });
      expect([code, stderr], script + stdout).toEqual([0, ""]);
      if (shows) expect(Object.keys(JSON.parse(stdout)), script).toEqual(Object.keys(shows));
      id = /"job_id":"([^"]+)"/.exec(stdout)?.[1] ?? id;
    }
  });
