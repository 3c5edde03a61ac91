import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { runCommand } from "../src/surfaces/cli/program.ts";
import { TEST_MACHINE, testTerminal } from "../src/surfaces/cli/testing.ts";
import { openBrowser } from "./browser.ts";
import { addressIn, commandStage, hasCode, jsonIn, loginByPasting } from "./command-line.ts";
import { freePort } from "./free-port.ts";
import { install, type Settings } from "./product.ts";
import { answerTo } from "./raw-request.ts";
import { signInAt } from "./signed-in.ts";
import { ADA, BOB, expectAllOnce, isAllowedAtGoogle } from "./stage.ts";
import { until } from "./wait.ts";

describe("login", () => {
  test("takes the address that the browser of another machine ends at", async () => {
    await using w = await commandStage();
    const login = w.product.start(["--json", "login", ADA, "--no-browser"]);
    const address = await addressIn(login);
    expect(Object.fromEntries(new URL(address).searchParams)).toMatchObject({
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      login_hint: ADA,
    });
    const back = await openBrowser().visit(address, hasCode);
    login.type("http://127.0.0.1/\n"); // cut short
    await login.says(/not the whole address/);
    login.type(`  ${back.url}  \n`);
    const { code, stdout } = await login.ended;
    expect([code, JSON.parse(stdout)]).toEqual([0, { email: ADA, signed_in: true }]);
    expect((await w.product.cli(["status", ADA])).stdout).toMatch(
      /^✓ ada@example\.com {2}signed in since \d{4}-\d\d-\d\d\n$/,
    );
  });

  test("opens a browser, which comes to a page that says who is signed in", async () => {
    await using w = await commandStage();
    const browser = join(w.product.folder, "browser");
    const opened = join(w.product.folder, "opened");
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`);
    await chmod(browser, 0o700);
    const login = w.product.start(["login"], { BROWSER: browser });
    const address = await until(() => readFile(opened, "utf8").catch(() => undefined));
    expect(address).toBe(await addressIn(login));
    const page = await openBrowser().visit(address);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.text).toContain("<h1>You are signed in</h1>");
    expect(await login.ended).toMatchObject({ code: 0, stdout: `✓ Signed in as ${ADA}.\n` });
  });

  test("receives the browser even where an address was to be pasted", async () => {
    await using w = await commandStage();
    const login = w.product.start(["login", ADA, "--no-browser"]);
    const address = await addressIn(login);
    const { origin } = new URL(new URL(address).searchParams.get("redirect_uri")!);
    expect((await fetch(`${origin}/favicon.ico`)).status).toBe(404); // as browsers ask for
    expect((await openBrowser().visit(address)).text).toContain("<h1>You are signed in</h1>");
    expect(await login.ended).toMatchObject({ code: 0, stdout: `✓ Signed in as ${ADA}.\n` });
  });

  test("goes on waiting whatever else comes to its door, and ends though somebody there never says a word", async () => {
    await using w = await commandStage();
    const login = w.product.start(["login", ADA]);
    const address = await addressIn(login);
    const { port } = new URL(new URL(address).searchParams.get("redirect_uri")!);
    const silent = connect(Number(port), "127.0.0.1").on("error", () => {});
    const half = connect(Number(port), "127.0.0.1").on("error", () => {});
    half.write("GET /?state=");
    for (const target of ["//", "/\\", "http://[", "http://", "*", "/?state=x", "//?state", "/%", "?", "\u00ff"])
      expect(await answerTo(Number(port), target), target).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await openBrowser().visit(address)).text).toContain("<h1>You are signed in</h1>");
    expect(await login.ended).toMatchObject({ code: 0, stdout: `✓ Signed in as ${ADA}.\n` });
    for (const socket of [silent, half]) socket.destroy();
  });

  test("with a web client comes back to the redirect URI that is registered for it, unless that is taken", async () => {
    const port = String(await freePort());
    const client = { type: "web", redirectUris: [`http://localhost:${port}/auth/callback`] } as const;
    await using w = await commandStage({ client }, { PORT: port });
    const login = w.product.start(["login", ADA]);
    expect((await openBrowser().visit(await addressIn(login))).text).toContain("<h1>You are signed in</h1>");
    expect((await login.ended).code).toBe(0);

    await using _server = await w.product.serve();
    const { code, stderr } = await w.product.cli(["login", ADA]);
    expect(code).toBe(3);
    expect(stderr).toMatch(new RegExp(`Port ${port} .*sign in at /auth/gmail`, "s"));
  });

  test("with a web client that comes back to a public address takes that address", async () => {
    const redirectUri = "https://mail.example.com/auth/callback";
    const client = { type: "web", redirectUris: [redirectUri] } as const;
    await using w = await commandStage({ client }, { OAUTH_REDIRECT_URI: redirectUri });
    const login = w.product.start(["login", ADA]);
    const back = await openBrowser().visit(await addressIn(login), hasCode);
    expect(back.url).toMatch(/^https:\/\/mail\.example\.com\/auth\/callback\?/);
    login.type(`${back.url}\n`);
    expect(await login.ended).toMatchObject({ code: 0, stdout: `✓ Signed in as ${ADA}.\n` });
  });

  test("ends with 4 when the sign-in was refused, and stores nothing", async () => {
    await using w = await commandStage({ accounts: [{ email: ADA }, { email: BOB }] });
    w.google.consent.account = BOB;
    const login = w.product.start(["login", ADA]);
    const page = await openBrowser().visit(await addressIn(login));
    expect([page.status, page.text]).toEqual([400, expect.stringContaining("<h1>Not signed in</h1>")]);
    const other = await login.ended;
    expect([other.code, other.stdout]).toEqual([4, ""]);
    expect(other.stderr).toMatch(/Another account.*choose ada@example\.com.*\(wrong_account\)/s);

    w.google.consent.decision = "deny";
    expect(await loginByPasting(w.product, ADA)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("sign_in_refused"),
    });

    const nothing = await w.product.cli(["login", ADA, "--no-browser"]); // stdin ends
    expect([nothing.code, nothing.stderr]).toEqual([4, expect.stringContaining("No address was pasted.")]);
    expect((await w.product.cli(["status"])).stdout).toBe("Nobody is signed in: npx gmail-export login\n");
  });

  test("takes a pasted address in quotes, or from its question mark on", async () => {
    for (const paste of [(back: URL) => `"${back.href}"`, (back: URL) => back.search]) {
      await using w = await commandStage();
      const login = w.product.start(["login", ADA, "--no-browser"]);
      const back = await openBrowser().visit(await addressIn(login), hasCode);
      login.type(`${paste(new URL(back.url))}\n`);
      expect(await login.ended).toMatchObject({ code: 0 });
    }
  });

  test("takes an address in another spelling than Google's for the same account", async () => {
    await using w = await commandStage({ accounts: [{ email: "first.last@googlemail.com" }], messages: 3 });
    w.google.consent.account = "first.last@googlemail.com"; // Google knows who is meant
    expect(await loginByPasting(w.product, "firstlast@gmail.com")).toMatchObject({ code: 0 });
    const exported = await w.product.cli(["export", "FirstLast@gmail.com"]);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining("first.last@googlemail.com") });
    expect((await w.product.cli(["status", "first.last@gmail.com"])).code).toBe(0);
  });

  test("is left with Ctrl-C", async () => {
    await using w = await commandStage();
    const login = w.product.start(["login", ADA]);
    await addressIn(login);
    expect(await login.stop("SIGINT")).toMatchObject({ code: 130 });
  });
});

describe("status and logout", () => {
  test("say who is signed in, and sign out at Google too", async () => {
    await using w = await commandStage({
      accounts: [
        { email: ADA, messages: 1 },
        { email: BOB, messages: 1 },
      ],
    });
    const nobody = await w.product.cli(["--json", "status", ADA]);
    expect(nobody.code).toBe(4);
    expect(jsonIn(nobody)).toMatchObject({ email: ADA, authenticated: false });
    for (const account of [ADA, BOB]) await signInAt(w.product, w.google, account);
    expect(jsonIn(await w.product.cli(["--json", "status", ADA]))).toMatchObject({ authenticated: true, user_id: ADA });
    const all = await w.product.cli(["--json", "status"]);
    expect(jsonIn(all)).toEqual([ADA, BOB].map((email) => expect.objectContaining({ email, authenticated: true })));

    const out = await w.product.cli(["--json", "logout", ADA]);
    expect([out.code, jsonIn(out)]).toEqual([0, { email: ADA, signed_out: true, revoked_at_google: true }]);
    expect(await isAllowedAtGoogle(w.google, ADA)).toBe(false);
    expect((await w.product.cli(["status"])).stdout).toMatch(/^✓ bob@example\.com {2}signed in since \S+\n$/);

    const again = await w.product.cli(["logout", ADA]);
    expect([again.code, again.stdout]).toEqual([4, ""]);
    expect(again.stderr).toMatch(/ada@example\.com is not signed in.*bob@example\.com/s);
  });
});

describe("exit codes", () => {
  const MISUSES: readonly [readonly string[], RegExp][] = [
    [["no-such-command"], /unknown command/],
    [[], /Usage: gmail-export/],
    [["export"], /missing required argument 'email'/],
    [["export", "ada"], /not an e-mail address/],
    [["export", ADA, "--max-emails", "0"], /whole number, 1 or more/],
    [["export", ADA, "--batch-size", "1.5"], /whole number, 1 or more/],
    [["export", ADA, "--query", "half \ud83d of a pair"], /no character/],
    [["export", ADA, "--label", "INBOX", "\ud83d"], /no character/],
    [["export", ADA, "--colour"], /unknown option '--colour'/],
    [["serve", "--port", "70000"], /must be a port/],
    [["convert", "dir"], /required option '--to <format>' not specified/],
    [["convert", "dir", "--to", "pst"], /Allowed choices are mbox, eml, maildir, ndjson, parquet, csv, files\./],
    [["convert", "dir", "--to", "csv", "--after", "2023-02-30"], /must be a day/],
    [["convert", "dir", "--to", "csv", "--flat"], /--flat says nothing of csv/],
    [["login", "ada"], /not an e-mail address/],
  ];

  test.each(MISUSES)("2 for %j, with words on stderr alone, before anything is opened", async (args, words) => {
    const terminal = await testTerminal();
    const never = async (): Promise<never> => Promise.reject(new Error("a wrong command needs none of that"));
    const parts = {
      services: never,
      signedIn: never,
      doctor: never,
      serve: never,
      work: never,
      moveState: never,
      demo: never,
    };
    const entry = {
      version: "1",
      language: "en",
      calledAs: "gmail-export",
      machine: TEST_MACHINE,
      terminal,
      ...parts,
    } as const;
    expect(await runCommand(args, entry, new AbortController().signal)).toBe(2);
    await expect.poll(terminal.stderr).toMatch(words);
    expect(terminal.stdout()).toBe("");
  });

  test.each<[readonly string[], RegExp]>([
    [["export", ADA, "--colour"], /unknown option '--colour'/],
    [["export", ADA, "--output-dir", "/tmp/elsewhere"], /outside_export_dir/],
  ])("2 for %j as a process, too", async (args, words) => {
    await using product = await install({ url: "http://127.0.0.1:9" });
    const { code, stdout, stderr } = await product.cli(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
  });

  test("3 for a set-up that is missing or wrong, 4 where nobody is signed in", async () => {
    await using w = await commandStage({ messages: 1 });
    const code = async (args: string[], settings?: Settings): Promise<unknown[]> => {
      const outcome = await w.product.cli(["--json", ...args], settings);
      const last = outcome.stdout.trimEnd().split("\n").at(-1)!;
      return [outcome.code, (JSON.parse(last) as { error: { code: string } }).error.code];
    };
    const missing = { GOOGLE_CREDENTIALS_PATH: "nowhere.json" };
    expect(await code(["login", ADA], missing)).toEqual([3, "credentials_missing"]);
    expect(await code(["status"], { GMAIL_TIER: "fast" })).toEqual([3, "settings_invalid"]);
    expect(await code(["export", ADA])).toEqual([4, "not_signed_in"]);

    await signInAt(w.product, w.google, ADA);
    w.google.revoke(ADA);
    expect(await code(["export", ADA])).toEqual([4, "consent_revoked"]);
  });

  test("6 when Google will not, 7 for the disk, 8 for a directory that is another's or no export", async () => {
    await using w = await commandStage({
      accounts: [
        { email: ADA, messages: 3 },
        { email: BOB, messages: 3 },
      ],
    });
    for (const account of [ADA, BOB]) await signInAt(w.product, w.google, account);
    w.google.faults.add({ kind: "dailyLimit" });
    expect(await w.product.cli(["export", ADA])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("tomorrow"),
    });
    w.google.faults.clear();

    await writeFile(join(w.product.folder, "file"), "");
    expect(await w.product.cli(["export", ADA], { EXPORT_DIR: "file" })).toMatchObject({ code: 7 });

    expect(await w.product.cli(["export", ADA])).toMatchObject({ code: 0 });
    const foreign = await w.product.cli(["export", BOB, "--output-dir", w.directory]);
    expect(foreign).toMatchObject({ code: 8, stdout: "", stderr: expect.stringContaining("directory_foreign") });
    expect(foreign.stderr).toContain(`(${w.directory}-2 is free)`);
    await expectAllOnce(w, w.directory);
    await mkdir(join(w.product.folder, "data", "empty"));
    expect(await w.product.cli(["verify", "data/empty"])).toMatchObject({ code: 8 });
    expect(await w.product.cli(["verify", "data/nowhere"])).toMatchObject({ code: 8 });
  });
});

test("demo shows the whole way on a simulated mailbox, and stays for a look at the console until Ctrl-C", async () => {
  await using product = await install({ url: "http://127.0.0.1:9" });
  const demo = product.start(["demo", "--messages", "30", "--stay", "--lang", "fr"], { TMPDIR: product.folder });
  const [, url] = await demo.says(/Regardez-le dans un navigateur, et essayez ce que vous voulez : (\S+)/);
  const { exports } = (await (await fetch(`${url}/exports`)).json()) as {
    exports: { email: string; state: string }[];
  };
  expect(exports.map(({ email, state }) => [email, state])).toEqual([[ADA, "completed"]]);
  expect(await (await fetch(url!)).text()).toContain('<div id="console">');
  const { code, stdout } = await demo.stop("SIGINT");
  expect(stdout).toMatch(/Complet : 30 messages[\s\S]*Intact : 30 messages[\s\S]*Chez Google[\s\S]*Le premier message/);
  expect(code).toBe(0);
});

describe("everywhere", () => {
  test("--help and --version answer, and leave nothing behind", async () => {
    await using product = await install({ url: "http://127.0.0.1:9" });
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "..", "package.json"), "utf8")) as {
      version: string;
    };
    expect(await product.cli(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await product.cli(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    for (const word of [
      "login",
      "logout",
      "status",
      "export",
      "verify",
      "doctor",
      "serve",
      "worker",
      "demo",
      "Exit codes",
    ])
      expect(help.stdout).toContain(word);
    expect((await product.cli(["export", "--help"])).stdout).toContain("--max-emails <n>");
    expect(await readdir(product.folder)).toEqual([]);
  });

  test("an older Node is told what it lacks", async () => {
    await using product = await install({ url: "http://127.0.0.1:9" });
    // Runs before the program, which then takes this Node for an older one, whatever Nodes a machine has.
    const disguise = (version: string): Settings => ({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
        `Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}});` +
          `Object.defineProperty(process,"version",{value:"v${version}"})`,
      )}`,
    });
    const older = await product.cli(["--version"], disguise("22.20.0"));
    expect([older.code, older.stdout]).toEqual([3, ""]);
    expect(older.stderr).toMatch(/^gmail-export needs Node 24 or newer; this is v22\.20\.0\.\n.*nodejs\.org/);
    expect((await product.cli(["--version"], disguise("24.0.0"))).code).toBe(0);
  });
});
