import { Cron } from "croner";
import { expect, test } from "vitest";

import { runScript } from "../../../../test/shell.ts";
import { runAlone, TEST_MACHINE } from "../testing.ts";

async function print(...words: readonly string[]) {
  const machine = { ...TEST_MACHINE, program: ["/usr/bin/printf", "<%s>"], directory: "/" };
  return runAlone(["schedule", "print", "ada@example.com", ...words], machine);
}

const OPTIONS = [
  "--attachments",
  "--formats",
  "mbox,parquet",
  "--query",
  "it's 50% off",
  "--label=-x",
  "--max-emails",
  "9",
];
const WORDS = "export,ada@example.com,--quiet,--wait,--max-emails=9,--query=it's 50% off,--label=-x,--attachments"
  .split(",")
  .concat("--formats=mbox,parquet");

test("for cron, a line at those times with that command; the rest are comments", async () => {
  const { code, stdout } = await print("15 2 * * 1-5", "--cron", ...OPTIONS);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, -1).every((line) => line.startsWith("# "))).toBe(true);
  expect(stdout).toContain("#   4 sign-in needed");
  const [, when, shell] = /^((?:\S+ ){5})(.*)$/.exec(lines.at(-1)!)!;
  const [next] = new Cron(when!, { timezone: "UTC", paused: true }).nextRuns(1, new Date(TEST_MACHINE.now()));
  expect(next).toEqual(new Date("2026-11-30T02:15:00Z"));
  const ran = await runScript(shell!.replaceAll("\\%", "%"), [], { cwd: "/", env: {} });
  expect(ran.stdout).toBe(WORDS.map((word) => `<${word}>`).join(""));
  expect((await print("@daily", "--cron", "--time-zone", "Asia/Tokyo")).stdout).toContain(
    "\nCRON_TZ=Asia/Tokyo\n@daily cd",
  );
});

test("for systemd, a script that writes the two units as --json has them", async () => {
  const { code, stdout } = await print("0 3 * * *", "--systemd", "--jitter", "90", ...OPTIONS);
  expect(code).toBe(0);
  const units = JSON.parse((await print("0 3 * * *", "--systemd", "--jitter", "90", "--json", ...OPTIONS)).stdout);
  const written = [...stdout.matchAll(/^cat > .*\/(\S+) <<'END OF UNIT'\n([\s\S]*?\n)END OF UNIT\n/gm)];
  expect(written.map(([, name, text]) => [name, text])).toEqual([
    [`${units.name}.service`, units.service],
    [`${units.name}.timer`, units.timer],
  ]);
  expect(units.timer).toContain("RandomizedDelaySec=90");
  expect(await runScript('sh -n -c "$1"', [stdout], { cwd: "/", env: {} })).toMatchObject({ code: 0, stderr: "" });
});

test.each([
  [["0 3 * * *"], /one of --systemd and --cron/],
  [["0 3 * * *", "--cron", "--systemd"], /one of --systemd and --cron/],
  [["0 25 * * *", "--cron"], /hour is wrong.*character 3/],
  [["0 3 * * *", "--systemd", "--time-zone", "Mars/Olympus"], /no time zone/],
  [["0 3 L * *", "--systemd"], /Neither cron nor systemd/],
  [["0 3 * * *", "--systemd", "--jitter", "-1"], /whole number of seconds/],
] as const)("%j is refused as wrong usage", async (words, says) => {
  const { code, stdout, stderr } = await print(...words);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(says);
});
