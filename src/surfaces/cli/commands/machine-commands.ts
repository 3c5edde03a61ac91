import type { Command } from "commander";

import { account, atLeastOne, portNumber } from "../arguments.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { createOutput, QUIET } from "../terminal/output.ts";
import { findingLines } from "../words/finding-lines.ts";
import { explain } from "../words/help.ts";
import type { DemoOptions } from "./demo.ts";
import { newKey } from "./key.ts";

type DoctorOptions = Readonly<{ quiet?: boolean; notify?: boolean }>;

export function addMachineCommands(program: Command, context: Context): void {
  const { terminal, show, signal, messages } = context;

  const doctorCommand = program
    .command("doctor")
    .addArgument(account("[email]", "one account; all that are signed in when left out"))
    .description("look for what stands in the way of an export, and say what to do (1 quota unit an account)")
    .option("--notify", "post a test to the receiver of alarms (NOTIFY_URL)")
    .option(...QUIET)
    .action(async (email: string | undefined, { quiet = false, notify = false }: DoctorOptions) => {
      const output = createOutput(context, quiet);
      const findings = await context.doctor(email, signal, notify);
      const told = quiet ? findings.filter(({ status }) => status !== "ok") : findings;
      const { paint, columns } = output.terminal;
      output.show(told, findingLines(told, paint.data, columns(), messages()));
      if (told.length > 0) output.complain();
      if (findings.some(({ status }) => status === "fail")) context.exitWith(EXIT.setup);
    });
  explain(
    doctorCommand,
    ["doctor", "doctor ada@example.com", "doctor --json | jq -r '.[] | select(.status == \"fail\") | .next'"],
    ["ok", "setup"],
  );

  const serveCommand = program
    .command("serve")
    .description("run the HTTP server and its background exports")
    .option("--port <n>", "instead of PORT", portNumber)
    .option("--no-work", "run no exports and no schedules here: workers do that")
    .action((options: { port?: number; work: boolean }) => context.serve(options.port, options.work, messages()));
  explain(serveCommand, ["serve", "serve --port 9000", "serve --no-work"], ["ok", "setup"]);

  const workerCommand = program
    .command("worker")
    .description("run the exports and schedules that servers are asked for, without a server of its own")
    .action(() => context.work(messages()));
  explain(workerCommand, ["worker"], ["ok", "setup"]);

  const keyCommand = program
    .command("key")
    .description("make a new API_KEY; it is printed, and kept nowhere")
    .action(() => {
      const key = newKey(terminal, messages());
      show({ key }, [key]);
    });
  explain(keyCommand, ["key", 'key | sed "s/^/API_KEY=/" >> .env'], ["ok"]);

  const demoCommand = program
    .command("demo")
    .description("export a simulated mailbox through the real server, and verify it; nothing leaves this machine")
    .option("--messages <n>", "size of the mailbox", atLeastOne, 2_000)
    .option("--stay", "keep it running afterwards, for a look at the console", false)
    .action((options: DemoOptions) => context.demo(options, messages()));
  explain(demoCommand, ["demo", "demo --messages 20000 --stay"], ["ok"]);
}
