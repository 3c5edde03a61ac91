import type { LabelReading } from "../../../core/ports/mailbox-source.ts";
import type { GmailClient } from "../calls/client.ts";
import { failureOfMessage } from "./failure-of-message.ts";
import { mapInOrder } from "./pool.ts";

export type ReadLabelsPorts = Readonly<{
  client: Pick<GmailClient, "messagesGetLabels" | "getProfile">;
  /** Calls kept going at once. */
  width: number;
  /** Messages that were not found, however often they were asked for: that is believed the next time at once. */
  missing: Set<string>;
}>;

/** Asks for the labels of these messages alone, one read each; they come in the order given. */
export function readLabels(
  { client, width, missing }: ReadLabelsPorts,
  ids: Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<LabelReading> {
  const readOne = async (id: string, limit: AbortSignal): Promise<LabelReading> => {
    try {
      const found = await client.messagesGetLabels(id, limit, missing.has(id));
      return found.id === id ? found : { id, failed: "Gmail answered with another message." };
    } catch (error) {
      const failure = await failureOfMessage(error, client, limit);
      if (failure.code !== "not_found") return { id, failed: failure.message };
      missing.add(id);
      return { id, gone: true };
    }
  };
  return mapInOrder(ids, width, readOne, signal);
}
