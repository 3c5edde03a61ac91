import type { Command } from "commander";

import type { Schedule } from "../../../core/export/schedule.ts";
import { resolveLabels } from "../../../pipeline/labels.ts";
import { readCron } from "../../../pipeline/unattended/cron.ts";
import { viewOfSchedule } from "../../schedule-view.ts";
import { account, jitterSeconds } from "../arguments.ts";
import type { Context } from "../context.ts";
import type { Services } from "../services.ts";
import { crontabLine, forShell } from "../timers/crontab-line.ts";
import { exitCodeComments, systemdUnits } from "../timers/systemd-units.ts";
import { explain } from "../words/help.ts";
import { scheduleLines } from "../words/schedule-lines.ts";
import { addRequestOptions, requestIn, wordsOf, type RequestOptions } from "./export-options.ts";

type When = Readonly<{ timeZone?: string; jitter: number }>;

const CRON = 'when, as in a crontab: "0 3 * * *" is every night at three';
const ZONE = ["--time-zone <zone>", "whose clocks count, such as Europe/Paris (default: this machine's)"] as const;
const JITTER = ["--jitter <seconds>", "begin up to so much later, by chance", jitterSeconds, 30] as const;

export function addScheduleCommands(program: Command, context: Context): void {
  const schedule = program
    .command("schedule")
    .description("export accounts again and again, without anybody")
    .addHelpText("after", "\nNo --quiet: how these exports go is told by the server's alarm (NOTIFY_URL).");
  addAdding(schedule, context);
  addChanging(schedule, context);
  addPrinting(schedule, context);
}

function addAdding(schedule: Command, context: Context): void {
  const { terminal, signal, messages } = context;
  const command = schedule
    .command("add")
    .addArgument(account("<email>", "the account"))
    .argument("<cron>", CRON)
    .description("let the server export an account at these times, each time bringing it up to date")
    .optionsGroup("When:")
    .option(...ZONE)
    .option(...JITTER)
    .option("--paused", "add it, and let it begin when it is resumed");
  addRequestOptions(command).action(
    async (email: string, cron: string, options: RequestOptions & When & { paused?: boolean }) => {
      const services = await context.services();
      const timeZone = options.timeZone ?? context.machine.timeZone;
      services.scheduling.preview(cron, timeZone, 1); // refused before anything is asked of Google
      const asked = requestIn(email, await services.chooseDirectory(email, options.outputDir), options);
      const { authenticated } = await services.accounts.status(email);
      const filter = authenticated
        ? await resolveLabels(asked.filter, await services.mailbox(email), signal)
        : asked.filter;
      const request = { ...asked, filter };
      await services.mayUseDirectory(request);
      const made = await services.scheduling.add(
        { request, cron, timeZone, jitterSeconds: options.jitter, paused: options.paused === true },
        signal,
      );
      showSchedule(context, services, made);
      if (!authenticated) terminal.inform(messages().notYetSignedIn(email));
      terminal.inform(messages().serverRunsSchedules);
    },
  );
  explain(
    command,
    [
      'schedule add ada@example.com "0 3 * * *"',
      'schedule add ada@example.com "*/30 8-18 * * MON-FRI" --time-zone Europe/Paris --jitter 0',
      "schedule add ada@example.com @daily --attachments --formats mbox",
    ],
    ["ok", "usage", "setup", "signIn", "google", "disk", "directory"],
  );
}

function addChanging(schedule: Command, context: Context): void {
  const { show, signal, messages, terminal } = context;

  const list = schedule
    .command("list")
    .description("what is exported by itself: when next, and how the last export stands")
    .action(async () => {
      const { scheduling, clock } = await context.services();
      const all = await scheduling.list(signal);
      const lines = scheduleLines(all, clock.now(), terminal.paint.data, messages());
      show({ schedules: all.map((one) => viewOfSchedule(one, clock.now())) }, lines);
    });
  explain(
    list,
    ["schedule list", "schedule list --json | jq -r '.schedules[] | [.email, .next_run] | @tsv'"],
    ["ok", "setup", "disk"],
  );

  const changing = (name: string, description: string, change: (services: Services, id: string) => Promise<Schedule>) =>
    explain(
      schedule
        .command(name)
        .argument("<id>", "as schedule list shows it")
        .description(description)
        .action(async (id: string) => {
          const services = await context.services();
          showSchedule(context, services, await change(services, id));
          if (name === "run") terminal.inform(messages().serverRunsExport);
        }),
      [`schedule ${name} 5d0c3c9e-2f0b-4a0e-8d57-0f8a4c1b7e63`],
      ["ok", "usage", "setup", "disk", ...(name === "run" ? (["directory"] as const) : [])],
    );
  changing(
    "run",
    "let the server start the export of a schedule now",
    async ({ scheduling }, id) => (await scheduling.run(id, signal)).schedule,
  );
  changing("pause", "let a schedule rest until it is resumed", ({ scheduling }, id) =>
    scheduling.change(id, { paused: true }, signal),
  );
  changing("resume", "let a paused schedule go on at its next time", ({ scheduling }, id) =>
    scheduling.change(id, { paused: false }, signal),
  );
  changing("remove", "forget a schedule; what was exported stays", async ({ scheduling }, id) => {
    const removed = await scheduling.get(id, signal);
    await scheduling.remove(id, signal);
    return removed;
  });
}

function addPrinting(schedule: Command, context: Context): void {
  const command = schedule
    .command("print")
    .addArgument(account("<email>", "the account"))
    .argument("<cron>", CRON)
    .description("print what makes systemd, or cron, run such an export, for those who run no server")
    .option("--systemd", "a script that installs a service and a timer of systemd, for this user")
    .option("--cron", "a line for crontab -e")
    .optionsGroup("When:")
    .option(...ZONE)
    .option(...JITTER);
  addRequestOptions(command).action(
    (email: string, cron: string, options: RequestOptions & When & { systemd?: boolean; cron?: boolean }) => {
      if (options.systemd === options.cron)
        return command.error("error: one of --systemd and --cron must be given", { exitCode: 2 });
      const timeZone = options.timeZone ?? context.machine.timeZone;
      readCron(cron, timeZone, context.machine.now());
      const { program, directory } = context.machine;
      const run = {
        command: [...program, "export", email, "--quiet", "--wait", ...wordsOf(options)],
        directory,
      };
      if (options.cron) {
        const line = crontabLine(cron, run);
        const zone = options.timeZone === undefined ? [] : [`CRON_TZ=${timeZone}`];
        return context.show({ line, time_zone: timeZone }, [
          ...exitCodeComments(),
          ...(zone.length > 0 ? ["# Not every cron knows CRON_TZ: see man 5 crontab."] : []),
          ...zone,
          line,
        ]);
      }
      const { name, service, timer } = systemdUnits(email, run, { cron, timeZone, jitterSeconds: options.jitter });
      const folder = '"${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"';
      const file = (unit: string, text: string): string[] => [
        `cat > ${folder}/${forShell(unit)} <<'END OF UNIT'`,
        ...text.trimEnd().split("\n"),
        "END OF UNIT",
      ];
      context.show({ name, service, timer }, [
        "# Read it, then run it with: sh",
        "# For it to run while nobody is logged in: loginctl enable-linger",
        `mkdir -p ${folder}`,
        ...file(`${name}.service`, service),
        ...file(`${name}.timer`, timer),
        "systemctl --user daemon-reload",
        `systemctl --user enable --now ${forShell(`${name}.timer`)}`,
      ]);
    },
  );
  explain(
    command,
    [
      'schedule print ada@example.com "0 3 * * *" --systemd | sh',
      'schedule print ada@example.com "0 3 * * *" --cron --attachments',
    ],
    ["ok", "usage"],
  );
}

function showSchedule({ show, terminal, messages }: Context, { clock }: Services, schedule: Schedule): void {
  const lines = scheduleLines([schedule], clock.now(), terminal.paint.data, messages());
  show(viewOfSchedule(schedule, clock.now()), lines);
}
