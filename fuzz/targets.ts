import type { Target } from "./target.ts";
import { addressList } from "./targets/address-list.ts";
import { answer } from "./targets/answer.ts";
import { changes } from "./targets/changes.ts";
import { commandLine } from "./targets/command-line.ts";
import { connection } from "./targets/connection.ts";
import { content } from "./targets/content.ts";
import { converted } from "./targets/converted.ts";
import { credentials } from "./targets/credentials.ts";
import { derived } from "./targets/derived.ts";
import { directory } from "./targets/directory.ts";
import { domainDirectory } from "./targets/domain-directory.ts";
import { finished } from "./targets/finished.ts";
import { grant } from "./targets/grant.ts";
import { keyFile } from "./targets/key-file.ts";
import { key } from "./targets/key.ts";
import { limits } from "./targets/limits.ts";
import { mailHtml } from "./targets/mail-html.ts";
import { mailText } from "./targets/mail-text.ts";
import { message } from "./targets/message.ts";
import { outputDir } from "./targets/output-dir.ts";
import { queue } from "./targets/queue.ts";
import { records } from "./targets/records.ts";
import { schedule } from "./targets/schedule.ts";
import { server } from "./targets/server.ts";
import { settings } from "./targets/settings.ts";
import { tokenAnswer } from "./targets/token-answer.ts";

/** Everything that reads what it did not write itself a moment ago. */
export const TARGETS: readonly Target[] = [
  message,
  mailText,
  answer,
  connection,
  tokenAnswer,
  server,
  commandLine,
  settings,
  outputDir,
  credentials,
  keyFile,
  addressList,
  domainDirectory,
  schedule,
  grant,
  key,
  limits,
  queue,
  directory,
  finished,
  derived,
  converted,
  changes,
  records,
  mailHtml,
  content,
];

/** How many of all cases are this target's. */
export function casesOf({ share }: Target, cases: number, targets: readonly Target[]): number {
  const all = targets.reduce((sum, target) => sum + target.share, 0);
  return Math.ceil((cases * share) / all);
}
