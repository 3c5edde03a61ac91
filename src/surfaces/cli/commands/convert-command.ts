import { basename, resolve } from "node:path";

import { Option, type Command } from "commander";

import { refuse } from "../../../core/errors.ts";
import { isInBucket } from "../../../core/export/place.ts";
import { TARGETS, type Target } from "../../../core/export/target.ts";
import { DIALECTS, type Dialect } from "../../../formats/mbox.ts";
import type { Conversion } from "../../../pipeline/convert/convert.ts";
import { dayAt, searchText, searchTexts } from "../arguments.ts";
import type { Context } from "../context.ts";
import { createOutput, QUIET } from "../terminal/output.ts";
import { watchConversion } from "../terminal/watch-conversion.ts";
import { explain } from "../words/help.ts";
import { convertedLines } from "../words/report-lines.ts";

type ConvertOptions = Readonly<{
  to: Target;
  into?: string;
  label?: string[];
  after?: number;
  before?: number;
  from?: string;
  perLabel?: boolean;
  dialect: Dialect;
  flat?: boolean;
  quiet?: boolean;
}>;

export function addConvertCommand(program: Command, context: Context): void {
  const { signal, messages } = context;
  const command = program
    .command("convert")
    .argument("<dir>", "an export directory")
    .description("write an export in another way, for another program; nothing is asked of Google")
    .addOption(new Option("--to <format>", "what to make of it").choices(TARGETS).makeOptionMandatory())
    .option("--into <dir>", "a new folder, or an empty one (default: <dir>-<format>)")
    .optionsGroup("Which messages:")
    .option("--label <label...>", "only messages with all these labels, by name or id", searchTexts)
    .option("--after <day>", "only messages of this day or later, as 2023-12-05, in UTC", dayAt)
    .option("--before <day>", "only messages of earlier days", dayAt)
    .option("--from <text>", "only messages in whose sender this stands", searchText)
    .optionsGroup("How:")
    .option("--per-label", "mbox: a file for each label")
    .addOption(
      new Option("--dialect <dialect>", "mbox: mboxrd, from which each message comes back exactly, or mboxo")
        .choices(DIALECTS)
        .default("mboxrd"),
    )
    .option("--flat", "maildir: one folder, with the labels in X-Keywords, instead of a folder for each label")
    .option(...QUIET)
    .action(async (directory: string, options: ConvertOptions) => {
      const { to, label: labels, after, before, from } = options;
      const misplaced = misplacedIn(options);
      if (misplaced !== undefined)
        throw refuse(
          "invalid_request",
          `${misplaced} says nothing of ${to}.`,
          "Leave it out, or convert into what it is for: gmail-export convert --help.",
        );
      const conversion: Conversion = {
        to,
        into: options.into ?? `${namedPath(directory)}-${to}`,
        selection: {
          ...(labels && { labels }),
          ...(after !== undefined && { after }),
          ...(before !== undefined && { before }),
          ...(from !== undefined && { from }),
        },
        manner: {
          perLabel: options.perLabel === true,
          dialect: options.dialect,
          flat: options.flat === true,
        },
      };
      const { terminal, show } = createOutput(context, options.quiet === true);
      const { readDirectory, openOutput, clock } = await context.services();
      using watched = watchConversion(clock, terminal, messages());
      const { convert } = await import("../../../pipeline/convert/convert.ts"); // no other command needs what it loads
      const done = await convert(
        directory,
        conversion,
        { directory: readDirectory, openOutput },
        signal,
        watched.report,
      );
      watched[Symbol.dispose]();
      const { withoutOriginal, withoutContent, ...others } = done;
      const without = { without_original: withoutOriginal, without_content: withoutContent };
      show({ ...others, ...without }, convertedLines(done, terminal.paint.data, messages()));
    });
  explain(
    command,
    [
      "convert data/ada@example.com --to mbox",
      "convert data/ada@example.com --to maildir --into ~/Maildir",
      "convert data/ada@example.com --to csv --label INBOX --after 2024-01-01",
      'convert data/ada@example.com --to files --from "charles@"',
    ],
    ["ok", "usage", "disk", "directory", "interrupted"],
  );
}

/** The path with the folder's own name at its end: `.` and `..` are none. */
function namedPath(directory: string): string {
  const path = directory.replace(/(?<=.)\/+$/, "");
  if (isInBucket(path)) return basename(path); // what is made of it is made here
  return /(^|\/)\.{1,2}$/.test(path) ? resolve(path) : path;
}

/** An option that is for another target. */
function misplacedIn({ to, perLabel, dialect, flat }: ConvertOptions): string | undefined {
  if (to !== "mbox" && perLabel) return "--per-label";
  if (to !== "mbox" && dialect !== "mboxrd") return "--dialect";
  return to !== "maildir" && flat ? "--flat" : undefined;
}
