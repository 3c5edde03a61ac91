import { failureOf } from "../core/errors.ts";
import { createLedger } from "../core/export/ledger.ts";
import type { Filter } from "../core/mail/filter.ts";
import type { Ref } from "../core/mail/ref.ts";
import type { MailboxSource } from "../core/ports/mailbox-source.ts";

/** A page token that stops working is no fault of the mailbox; a listing that never gets through is. */
const RESTARTS = 5;

/**
 * The refs of a mailbox page by page, or its first `max` different ones. A listing whose page token stops working is
 * begun again (5 units per 500 messages), so refs may come twice: take them as a set.
 */
export async function* listAll(
  source: MailboxSource,
  filter: Filter,
  max: number | null,
  signal: AbortSignal,
): AsyncGenerator<readonly Ref[]> {
  const first = createLedger(); // only where there is a number to reach
  for (let restarts = 0; ; restarts += 1) {
    try {
      for await (const page of source.list(filter, signal)) {
        if (max === null) {
          yield page;
          continue;
        }
        yield page.filter((ref) => first.size < max && first.add(ref));
        if (first.size >= max) return;
      }
      return;
    } catch (error) {
      if (failureOf(error)?.code !== "page_token_invalid" || restarts === RESTARTS) throw error;
    }
  }
}
