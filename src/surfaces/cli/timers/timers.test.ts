import { Cron } from "croner";
import { describe, expect, test } from "vitest";

import { runScript } from "../../../../test/shell.ts";
import { failureOf } from "../../../core/errors.ts";
import { cronValues } from "./cron-values.ts";
import { crontabLine } from "./crontab-line.ts";
import { calendarOf, systemdUnits } from "./systemd-units.ts";

const ODD = `it's "50 %" of $HOME \\ \`id\` ; é`;
const command = {
  command: ["/usr/bin/node", "/opt/my mail/bin.js", "export", "ada@example.com", `--query=${ODD}`],
  directory: "/srv/100% mail",
};

const refusal = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureOf(error)?.message;
  }
};

describe("a calendar event of systemd", () => {
  test.each([
    ["0 3 * * *", ["*-*-* 03:00:00 UTC"]],
    ["*/20 * * * *", ["*-*-* *:00,20,40:00 UTC"]],
    ["30 6 * * MON-FRI", ["Mon,Tue,Wed,Thu,Fri *-*-* 06:30:00 UTC"]],
    ["0 0 * * FRI-SUN", ["Sun,Fri,Sat *-*-* 00:00:00 UTC"]],
    ["0 0 * * 0-7", ["*-*-* 00:00:00 UTC"]],
    ["5 4 1,15 JAN-mar/2 *", ["*-01,03-01,15 04:05:00 UTC"]],
    ["0 12 1 * 1", ["*-*-01 12:00:00 UTC", "Mon *-*-* 12:00:00 UTC"]],
    ["15 0 3 * * *", ["*-*-* 03:00:15 UTC"]],
    ["@weekly", ["Sun *-*-* 00:00:00 UTC"]],
  ])("stands for %s", (cron, lines) => {
    expect(calendarOf(cron, "UTC")).toEqual(lines);
  });

  test("names the times of the expression, and no other", () => {
    for (const cron of [
      "7,22 3-9/3 * * *",
      "*/15 1-4 2-20/6 * *",
      "0 5 * FEB-NOV/3 *",
      "30 2 * * 1,3-5",
      "59 23 31 12 7",
    ]) {
      const { minute, hour, day, month, weekday } = cronValues(cron);
      const has = (values: readonly number[] | "*", value: number): boolean => values === "*" || values.includes(value);
      const job = new Cron(cron, { timezone: "UTC", paused: true });
      const start = Date.UTC(2026, 0, 1);
      const mine: number[] = [];
      for (let at = start; mine.length < 30 && at < start + 400 * 86_400_000; at += 60_000) {
        const moment = new Date(at);
        const [inMonth, inWeek] = [has(day, moment.getUTCDate()), has(weekday, moment.getUTCDay())];
        const isDay = day !== "*" && weekday !== "*" ? inMonth || inWeek : inMonth && inWeek;
        if (
          isDay &&
          has(month, moment.getUTCMonth() + 1) &&
          has(hour, moment.getUTCHours()) &&
          has(minute, moment.getUTCMinutes())
        )
          mine.push(at);
      }
      const theirs = job.nextRuns(mine.length, new Date(start - 1_000)).map((moment) => moment.getTime());
      expect(mine.length, cron).toBeGreaterThan(0);
      expect(mine, cron).toEqual(theirs);
    }
  });

  test.each(["0 3 L * *", "0 3 15W * *", "0 3 * * FRI#2"])("is not made of what systemd does not know: %s", (cron) => {
    expect(refusal(() => calendarOf(cron, "UTC"))).toMatch(/^Neither cron nor systemd knows/);
  });
});

test("units run the command with the words it has, whatever is in them", () => {
  const { name, service, timer } = systemdUnits("Ada+x@example.com", command, {
    cron: "0 3 * * *",
    timeZone: "Europe/Paris",
    jitterSeconds: 30,
  });
  expect(name).toBe("gmail-export-ada_2bx-at-example.com");
  expect(service).toContain("\nWorkingDirectory=/srv/100%% mail\n");
  expect(service).toContain(
    '\nExecStart="/usr/bin/node" "/opt/my mail/bin.js" "export" "ada@example.com" "--query=it\'s \\"50 %%\\" of $$HOME \\\\ `id` ; é"\n',
  );
  expect(service).toContain("#   4 sign-in needed");
  expect(timer).toContain("\nOnCalendar=*-*-* 03:00:00 Europe/Paris\nRandomizedDelaySec=30\n");
  expect(timer).toContain("\nPersistent=true\n");
});

test("a line of a crontab runs the command with the words it has, at the times of the expression", async () => {
  const show = { command: ["/usr/bin/printf", "<%s>", "export", `--query=${ODD}`], directory: "/" };
  const line = crontabLine("0 */6 3 * * MON", show);
  const [, when, shell] = /^((?:\S+ ){5})(.*)$/.exec(line)!;
  const runs = (expression: string) =>
    new Cron(expression, { timezone: "UTC", paused: true }).nextRuns(20, new Date(0));
  expect(runs(when!)).toEqual(runs("0 */6 3 * * MON"));
  expect(/(?<!\\)%/.test(shell!)).toBe(false); // cron would end the command there
  const asCronHandsIt = shell!.replaceAll("\\%", "%");
  const { stdout } = await runScript(asCronHandsIt, [], { cwd: "/", env: {} });
  expect(stdout).toBe(`<export><--query=${ODD}>`);
  expect(crontabLine("0 3 */10 * FRI-SUN", show)).toMatch(/^0 3 1,11,21,31 \* 0,5,6 cd /); // for cron, */10 and FRI are both wanted
  expect(crontabLine("5 ? ? * MON", show)).toMatch(/^5 \* \* \* 1 cd /);
  expect(crontabLine("@daily", show)).toMatch(/^@daily cd \/ && /);
});

test.each(["30 0 3 * * *", "0 3 L * *"])("what cron does not know is refused: %s", (cron) => {
  expect(refusal(() => crontabLine(cron, command))).toMatch(/^(cron knows no seconds|Neither cron nor systemd knows)/);
  expect(refusal(() => crontabLine("0 3 * * *", { ...command, directory: "/a\nb" }))).toMatch(/one line/);
});
