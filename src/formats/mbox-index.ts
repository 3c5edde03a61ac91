import { decimal } from "./mbox.ts";

const LINE_FEED = 0x0a;
const ENTRY = Buffer.from("\nFrom ");

/** Longer than any line that begins an entry: ids have a thousand characters at most, and of each three may be made. */
const LONGEST_LINE = 4_096;

/** Where the entry of each message begins in an mbox (docs/format.md §4), by its id. */
export type MboxIndex = Readonly<{ startOf(id: string): number | undefined }>;

/** Reads an mbox, or what there is of one that grows, for where its entries begin. */
export async function indexMbox(chunks: AsyncIterable<Buffer>): Promise<MboxIndex> {
  const starts = new Map<string, number>();
  let held: Buffer = Buffer.from("\n"); // as if behind a line end
  let offset = -1; // of `held` in the file
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    let done = Math.max(0, bytes.length - ENTRY.length);
    for (let feed = bytes.indexOf(ENTRY); feed !== -1; feed = bytes.indexOf(ENTRY, feed + 1)) {
      const end = bytes.indexOf(LINE_FEED, feed + 1);
      if (end === -1 && bytes.length - feed < LONGEST_LINE) {
        done = feed; // the rest of the line is to come
        break;
      }
      const [, number] =
        /^\nFrom (\S+)@xxx /.exec(bytes.toString("latin1", feed, end === -1 ? bytes.length : end)) ?? [];
      if (number !== undefined && !starts.has(number)) starts.set(number, offset + feed + 1);
      done = Math.max(done, feed + 1);
    }
    held = Buffer.from(bytes.subarray(done));
    offset += done;
  }
  return { startOf: (id) => starts.get(decimal(id)) };
}
