import { relative, resolve } from "node:path";

import { refuse } from "../../core/errors.ts";
import { ORIGINAL_FORMATS, type OriginalFormat } from "../../core/export/format.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { Target } from "../../core/export/target.ts";
import type { OpenOutputFolder } from "../../core/ports/output-folder.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import { PRICES, UNITS_PER_MINUTE } from "../../core/quota.ts";
import { manifestIn } from "../manifest-in.ts";
import { findAnswered } from "./answered.ts";
import { withCurrentBatches } from "./current-batches.ts";
import { readMail, type Mail } from "./read-mail.ts";
import { hasLabel, isSelected, type Selection } from "./selection.ts";
import { WRITERS, type Manner } from "./writers.ts";

/** What an export is converted into, where to, and which of its messages. */
export type Conversion = Readonly<{ to: Target; into: string; selection: Selection; manner: Manner }>;

/** What a conversion came to. */
export type Converted = Readonly<{
  to: Target;
  into: string;
  messages: number;
  files: number;
  bytes: number;
  /** Selected, but the export has no original of them (as of chats): nothing was written. Only where originals are. */
  withoutOriginal: number;
  /** Attachments of what was selected that are not in the export, as `attachments.without` of the manifest explains. Only where they are asked for. */
  withoutContent: number;
}>;

export type ConvertProgress = Readonly<{ read: number; of: number; messages: number }>;

type Ports = Readonly<{ directory: ReadDirectory; openOutput: OpenOutputFolder }>;

/**
 * Writes the finished batches of an export in another way, into a folder that is whole or not there. Asks nobody; changes
 * nothing in the export. One record, and one piece of an original, are in memory at a time.
 * Throws `invalid_request` where the export lacks what the target is made of, or would have it inside, `label_unknown` where no message has a label.
 */
export async function convert(
  path: string,
  { to, into, selection, manner }: Conversion,
  { directory, openOutput }: Ports,
  signal: AbortSignal,
  report: (progress: ConvertProgress) => void = () => {},
): Promise<Converted> {
  const promised = await manifestIn(path, directory);
  const manifest = await withCurrentBatches(path, promised, directory);
  const format = formatFor(to);
  if (format !== undefined && !manifest.originals) throw withoutOriginals(path, manifest, to, format);
  if (to === "files" && !manifest.attachments) throw withoutAttachments(path, manifest);
  if (!/^\.\.(?:[/\\]|$)/.test(relative(resolve(path), resolve(into))))
    throw refuse(
      "invalid_request",
      `${into} lies in the export, in which nothing is to change.`,
      "Name a folder that is not there yet, or is empty: --into <dir>.",
    );
  await using output = await openOutput(into, signal);

  const of = manifest.batches.reduce((sum, { count }) => sum + count, 0);
  const unmet = new Set(selection.labels);
  const seen = new Set<string>();
  let [read, messages, withoutOriginal, withoutContent] = [0, 0, 0, 0];
  const selected = async function* (): AsyncGenerator<Mail> {
    report({ read, of, messages });
    for await (const mail of readMail(path, manifest, directory, format !== undefined, signal)) {
      read += 1;
      for (const label of unmet) if (hasLabel(mail.record, label)) unmet.delete(label);
      if (unmet.size > 0) for (const name of mail.record["Label-Names"]) seen.add(name);
      if (isSelected(mail.record, selection)) {
        messages += 1;
        if (format !== undefined && !mail.original) withoutOriginal += 1;
        if (to === "files")
          withoutContent += mail.record.Attachments.filter(({ sha256 }) => sha256 === undefined).length;
        yield mail;
      }
      report({ read, of, messages });
    }
  };
  const isAnswered = to === "maildir" ? await findAnswered(path, manifest, directory, signal) : (): boolean => false;
  await WRITERS[to](selected(), output, manner, { path, directory, email: manifest.email, isAnswered });
  const [unknown] = unmet;
  if (unknown !== undefined) throw unknownLabel(unknown, seen);
  const made = output.made();
  await output.publish();
  return { to, into, messages: messages - withoutOriginal, ...made, withoutOriginal, withoutContent };
}

/** The format of originals that a target is made of; either of them serves. */
function formatFor(to: Target): OriginalFormat | undefined {
  if (to === "maildir") return "eml";
  return ORIGINAL_FORMATS.find((one) => one === to);
}

function withoutOriginals(path: string, manifest: Manifest, to: Target, format: OriginalFormat): Error {
  return refuse(
    "invalid_request",
    `The export in ${path} has no originals, of which ${to} is made.`,
    bringing(path, manifest, `--formats ${format}`),
  );
}

function withoutAttachments(path: string, manifest: Manifest): Error {
  return refuse(
    "invalid_request",
    `The export in ${path} has no contents of attachments.`,
    bringing(path, manifest, "--attachments"),
  );
}

/** Each message is read once more, whole. */
function bringing(path: string, { email, filter, max_emails, total_emails, quota }: Manifest, option: string): string {
  const units = total_emails * PRICES[quota.tier]["messages.get"];
  const minutes = Math.ceil(units / UNITS_PER_MINUTE[quota.tier]);
  const isFiltered = filter.query !== "" || filter.labels.length > 0 || filter.includeSpamTrash || max_emails !== null;
  const same = isFiltered ? " and the options it was made with" : "";
  return (
    `Bring them with: gmail-export export ${email} --output-dir ${shellWord(path)} ${option}${same}. ` +
    `That costs about ${units.toLocaleString("en-US")} quota units, and ${minutes.toLocaleString("en-US")} min.`
  );
}

function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const NAMED = 20;

function unknownLabel(label: string, seen: ReadonlySet<string>): Error {
  const names = [...seen].toSorted().slice(0, NAMED);
  return refuse(
    "label_unknown",
    `No message of the export has the label ${JSON.stringify(label)}.`,
    names.length === 0 ? "None of them has a label." : `There are: ${names.join(", ")}.`,
  );
}
