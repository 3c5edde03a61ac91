import type { LabelNames, MailboxSource } from "../../core/ports/mailbox-source.ts";

/** The labels of a mailbox. That there are none is not believed at once: every mailbox has Gmail's own. */
export async function readLabelNames(source: Pick<MailboxSource, "labels">, signal: AbortSignal): Promise<LabelNames> {
  const names = await source.labels(signal);
  return names.size > 0 ? names : source.labels(signal);
}
