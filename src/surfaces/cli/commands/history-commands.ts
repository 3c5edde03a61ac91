import type { Command } from "commander";

import type { ChangeEntry } from "../../../core/export/change.ts";
import { readMadeNames } from "../../../core/export/label-names.ts";
import type { EpochMs } from "../../../core/time.ts";
import { changeLine } from "../../../formats/changes.ts";
import { readChangesIn } from "../../../pipeline/history/read-changes.ts";
import { recordsAt } from "../../../pipeline/history/records-at.ts";
import { manifestIn } from "../../../pipeline/manifest-in.ts";
import { dayAt, momentAt } from "../arguments.ts";
import type { Context } from "../context.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { createChangeLines } from "../words/change-lines.ts";
import { explain } from "../words/help.ts";

export function addHistoryCommands(program: Command, context: Context): void {
  const { terminal, signal, json, messages } = context;

  const records = program
    .command("records")
    .argument("<dir>", "an export directory")
    .description("print the records of an export, a line of JSON each, as they are or as they were on a day")
    .option("--as-of <day>", "as they were at the end of this day, as 2023-12-05, in UTC", dayAt)
    .action(async (directory: string, { asOf }: { asOf?: EpochMs }) => {
      const { readDirectory } = await context.services();
      await sendLines(terminal, recordsAt(directory, readDirectory, asOf, signal), signal);
    });
  explain(
    records,
    [
      "records data/ada@example.com | jq -r .Subject",
      "records data/ada@example.com --as-of 2026-11-01 > november.ndjson",
    ],
    ["ok", "usage", "disk", "directory", "interrupted"],
    "No --quiet: it is there for what it prints.",
  );

  const log = program
    .command("log")
    .argument("<dir>", "an export directory")
    .description("tell what changed in Gmail after it was exported, and when that was seen")
    .option("--since <time>", "only what was seen since this day in UTC, or this time with its zone", momentAt)
    .action(async (directory: string, { since = -Infinity }: { since?: EpochMs }) => {
      const { readDirectory } = await context.services();
      const manifest = await manifestIn(directory, readDirectory);
      const readAll = () => readChangesIn(directory, manifest, readDirectory, signal);
      const lineOf = json()
        ? changeLineAlone
        : createChangeLines(terminal.paint.data, messages(), await readMadeNames(readAll()));
      const changes = readAll();
      let told = 0;
      const lines = async function* (): AsyncGenerator<Uint8Array> {
        for await (const change of changes) {
          const line = lineOf(change); // names of labels come with changes that are not shown, too
          if (Date.parse(change.at) < since) continue;
          told += 1;
          yield Buffer.from(line);
        }
      };
      await sendLines(terminal, lines(), signal);
      if (told === 0 && !json()) terminal.inform(messages().nothingChanged);
    });
  explain(
    log,
    [
      "log data/ada@example.com",
      "log data/ada@example.com --since 2026-11-01",
      "log data/ada@example.com --json | jq -r 'select(.change == \"deleted\") | .id'",
    ],
    ["ok", "usage", "disk", "directory", "interrupted"],
    "No --quiet: with --json it prints nothing where nothing changed.",
  );
}

function changeLineAlone(change: ChangeEntry): string {
  return changeLine(change).trimEnd();
}

/** What is handed to stdout at once. */
const PIECE_BYTES = 1 << 16;

/** Prints lines as fast as they are read, and stops where nobody reads them any more. */
async function sendLines(terminal: Terminal, lines: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const send = (): Promise<boolean> => {
    const piece = Buffer.concat(waiting);
    [waiting, bytes] = [[], 0];
    return terminal.send(piece, signal);
  };
  try {
    for await (const line of lines) {
      waiting.push(line, NEWLINE);
      bytes += line.length + 1;
      if (bytes >= PIECE_BYTES && !(await send())) return;
    }
  } finally {
    if (bytes > 0 && !signal.aborted) await send(); // also what came before a failure
  }
}

const NEWLINE = Buffer.from("\n");
