import { failureOf } from "../../../core/errors.ts";
import type { Conversation } from "../../../core/mail/ref.ts";
import type { Want } from "../../../core/ports/mailbox-source.ts";
import type { GmailClient } from "../calls/client.ts";

/** Messages that are asked for their size, of those with attachments and of the others each at the most. */
const SAMPLE = 10;

/** How many messages there are of either kind, and how large they are on the average; undefined where none told. */
type Kind = Readonly<{ count: number; meanBytes: number | undefined }>;
export type Sizes = Readonly<{ attached: Kind; plain: Kind }>;

/** Asks a few messages, evenly spread over all, for their size. Those that cannot be asked are left out. */
export async function weigh(
  pending: Iterable<Conversation>,
  attached: ReadonlySet<string>,
  client: Pick<GmailClient, "messagesGetSize">,
  signal: AbortSignal,
): Promise<Sizes> {
  const kinds: Record<"attached" | "plain", string[]> = { attached: [], plain: [] };
  for (const { ids } of pending) for (const id of ids) kinds[attached.has(id) ? "attached" : "plain"].push(id);
  const ask = async (ids: readonly string[]): Promise<Kind> => {
    const count = Math.min(SAMPLE, ids.length);
    const sizes: number[] = [];
    for (let one = 0; one < count; one += 1) {
      try {
        sizes.push(await client.messagesGetSize(ids[Math.floor(((one + 0.5) * ids.length) / count)]!, signal));
      } catch (error) {
        const retry = failureOf(error)?.retry;
        if (signal.aborted || (retry !== "never" && retry !== "backoff")) throw error;
      }
    }
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return { count: ids.length, meanBytes: sizes.length === 0 ? undefined : total / sizes.length };
  };
  const [withAttachments, plain] = await Promise.all([ask(kinds.attached), ask(kinds.plain)]);
  return { attached: withAttachments, plain };
}

/** Bytes of mail that such an export reads, as Gmail reckons sizes; the text of a message with attachments is taken to be like that of others. */
export function bytesOf({ attached, plain }: Sizes, { attachments, originals }: Want): number | undefined {
  const each = { attached: attached.meanBytes ?? plain.meanBytes, plain: plain.meanBytes ?? attached.meanBytes };
  if (each.attached === undefined || each.plain === undefined)
    return attached.count + plain.count === 0 ? 0 : undefined;
  const large = attachments || originals ? Math.max(each.plain, each.attached) : Math.min(each.plain, each.attached);
  return Math.round(attached.count * large + plain.count * each.plain);
}
