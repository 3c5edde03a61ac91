import type { MailboxSource } from "../core/mailbox.ts";

/**
 * The same mailbox, with a witness beside every reading of mail or history. A call is known to be at fault itself by others that
 * succeed meanwhile; what is tried last, or alone, has none. The profile is one, for a unit: where it cannot be read
 * either, Google is out of reach.
 */
export function witnessed(source: MailboxSource): MailboxSource {
  const beside = async <T>(reading: Promise<T>, signal: AbortSignal): Promise<T> => {
    const [read] = await Promise.all([reading, source.profile(signal)]);
    return read;
  };
  return {
    ...source,
    message: (id, signal) => beside(source.message(id, signal), signal),
    thread: (threadId, signal) => beside(source.thread(threadId, signal), signal),
    added: (historyId, signal) => beside(source.added(historyId, signal), signal),
  };
}
