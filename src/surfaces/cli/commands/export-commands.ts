import type { Command } from "commander";

import type { ExportRequest, Progress } from "../../../core/export/job.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import { verify } from "../../../pipeline/verify.ts";
import { viewOfEstimate } from "../../estimate-view.ts";
import { account } from "../arguments.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import type { Services } from "../services.ts";
import { exportEvents, type ExportEvents } from "../terminal/export-events.ts";
import { createOutput, QUIET, type Output } from "../terminal/output.ts";
import type { Reporter } from "../terminal/reporter.ts";
import { watch } from "../terminal/watch.ts";
import { explain } from "../words/help.ts";
import { estimateLines, manifestLines, verdictLines } from "../words/report-lines.ts";
import { addRequestOptions, requestIn, type RequestOptions } from "./export-options.ts";
import { exportHere } from "./export.ts";

type ExportOptions = RequestOptions & Readonly<{ dryRun?: boolean; sizes?: boolean; wait?: boolean; quiet?: boolean }>;

export function addExportCommands(program: Command, context: Context): void {
  const { signal, messages } = context;

  const exportCommand = addRequestOptions(
    program
      .command("export")
      .addArgument(account("<email>", "the account"))
      .description("bring a mailbox to disk; the same command goes on where it stopped, and brings it up to date"),
  )
    .optionsGroup("Options:")
    .option(
      "--wait",
      "wait for a directory that another export writes to, and for a new day's quota, instead of ending",
    )
    .option(
      "--dry-run",
      "only list, and say what it would cost (5 quota units per 500 messages, per 500 with attachments, and per 500 chats)",
    )
    .option("--sizes", "with --dry-run: ask at most 20 messages for their size too (20 units each), and tell bytes")
    .option(...QUIET)
    .action(async (email: string, options: ExportOptions) => {
      const output = createOutput(context, options.quiet === true);
      const { terminal } = output;
      const services = { ...(await context.services()), terminal };
      const directory = await services.chooseDirectory(email, options.outputDir);
      const request = requestIn(email, directory, options);
      if (options.dryRun) {
        const estimate = await services.estimate(request, signal, options.sizes === true);
        return output.show(viewOfEstimate(estimate), estimateLines(estimate, messages()));
      }

      const events = context.json() ? exportEvents(services, request) : undefined;
      const { manifest, last } = await bring(context, services, request, events, {
        wait: options.wait === true,
        output,
      });
      if (events) events.result(manifest, last.pruned);
      else
        terminal.data(
          ...manifestLines(directory, manifest, terminal.paint.data, messages(), last.changed, last.pruned),
        );
      if (manifest.complete) return;
      output.complain();
      context.exitWith(EXIT.incomplete);
    });
  explain(
    exportCommand,
    [
      "export ada@example.com",
      "export ada@example.com --dry-run",
      "export ada@example.com --attachments --formats mbox",
      'export ada@example.com --query "has:attachment newer_than:1y"',
      "export ada@example.com --json | jq -c .progress",
      "export ada@example.com --quiet",
    ],
    ["ok", "usage", "setup", "signIn", "incomplete", "google", "disk", "directory", "interrupted"],
  );

  const verifyCommand = program
    .command("verify")
    .argument("<dir>", "an export directory")
    .description("hold an export against its manifest")
    .option(
      "--online",
      "and against the mailbox: its messages and their labels (5 quota units per 500 messages, and per 500 of each label)",
    )
    .option(...QUIET)
    .action(async (directory: string, { online = false, quiet = false }: { online?: boolean; quiet?: boolean }) => {
      const { terminal, show, complain } = createOutput(context, quiet);
      const { readDirectory, mailbox } = await context.services();
      const email = online ? (await readDirectory.manifest(directory))?.email : undefined;
      const source = email === undefined ? undefined : await mailbox(email);
      const verdict = await verify(directory, readDirectory, signal, source);
      show(verdict, verdictLines(verdict, online, terminal.paint.data, messages()));
      if (!verdict.sound || !verdict.manifest.complete) complain();
      if (!verdict.sound) context.exitWith(EXIT.unsound);
      else if (!verdict.manifest.complete) context.exitWith(EXIT.incomplete);
    });
  explain(
    verifyCommand,
    [
      "verify data/ada@example.com",
      "verify data/ada@example.com --online",
      "verify data/ada@example.com --json | jq .findings",
    ],
    ["ok", "setup", "signIn", "incomplete", "google", "disk", "directory", "unsound", "interrupted"],
  );
}

/** What is told of a run at its end, beside the manifest. */
type Told = Pick<Progress, "changed" | "pruned">;

/** Runs an export and shows how it goes: events for programs, a live line for people. */
async function bring(
  { terminal, endWith, signal, messages }: Context,
  services: Services,
  request: ExportRequest,
  events: ExportEvents | undefined,
  { wait, output }: Readonly<{ wait: boolean; output: Output }>,
): Promise<Readonly<{ manifest: Manifest; last: Told }>> {
  endWith({
    failed(failure) {
      events?.failed(failure);
      output.complain();
    },
    stopped() {
      events?.paused();
      output.complain();
      terminal.inform(messages().stoppedExport);
    },
  });
  // Where events are told, lines are for a person at a terminal of their own: in one they would write over each other.
  const isForEvents = events && (!services.terminal.hasLiveLine || terminal.columns() !== undefined);
  using watched = isForEvents ? undefined : watch({ ...services, messages: messages() }, signal);
  let last: Told = {};
  const remember: Reporter = { progress: (progress) => void (last = progress), waiting: () => {} };
  const reporters = [events, watched, remember].filter((one) => one !== undefined);
  const manifest = await exportHere(services, request, reporters, { wait }, signal);
  return { manifest, last };
}
