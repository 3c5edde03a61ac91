import { setImmediate as yieldToEventLoop } from "node:timers/promises";

import type { Message } from "../core/mail/mail.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import type { Kept, LabelNames } from "../core/ports/mailbox-source.ts";
import { mapMessage } from "../formats/to-record.ts";

/** Text of which each step, decoding it and writing it as JSON, may take a good part of a second. */
const LARGE_CHARACTERS = 1 << 20;

/** The record of a message; what asks the server while a large one is made is answered. */
export async function mapInSteps(
  message: Message,
  names: LabelNames,
  original?: Kept,
): Promise<Readonly<{ record: ExportRecord; guessedCharsets: number }>> {
  const steps = mapMessage(message, names, original);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await yieldToEventLoop();
  const { plain, html } = step.value.record.Body;
  if (plain.length + html.length > LARGE_CHARACTERS) await yieldToEventLoop(); // so that requests are answered in between
  return step.value;
}
