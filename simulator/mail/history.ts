/** What a history entry can tell, as users.history.list names it. */
export const CHANGES = ["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"] as const;
export type Change = (typeof CHANGES)[number];

export type HistoryRecord = Readonly<{
  historyId: number;
  change: Change;
  /** Without labels it is told without them. */
  message: Readonly<{ id: string; threadId: string; labelIds?: readonly string[] }>;
  /** The labels that came or went, for label changes. */
  labelIds: readonly string[];
}>;

/** What happened in a mailbox, in order; found in steps that grow with the logarithm of what there is. */
export function openHistory(first: number) {
  const records: HistoryRecord[] = [];
  let oldest = first;
  return {
    /** History before this id is forgotten. */
    get oldest() {
      return oldest;
    },
    get length() {
      return records.length;
    },
    push: (record: HistoryRecord): void => void records.push(record),
    slice: (from: number, to: number): readonly HistoryRecord[] => records.slice(from, to),
    /** The place of the first record behind this id. */
    after(historyId: number): number {
      let low = 0;
      let high = records.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (records[middle]!.historyId > historyId) high = middle;
        else low = middle + 1;
      }
      return low;
    },
    forgetBefore(historyId: number): void {
      oldest = historyId;
      records.splice(0, this.after(historyId - 1));
    },
  };
}
