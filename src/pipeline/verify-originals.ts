import { createHash } from "node:crypto";

import type { Manifest } from "../core/export/manifest.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import { failureOf } from "../core/errors.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { EML, emlPath } from "../formats/eml-path.ts";
import { MANIFEST } from "../formats/manifest.ts";
import { readParts } from "../formats/rfc5322/read-parts.ts";
import { toRecord } from "../formats/to-record.ts";
import { createHashSet } from "./directory/hash-set.ts";
import type { Find } from "./verify.ts";

/** What is held against the originals: what the records say of them, told one record after another. */
export type OriginalCheck = Readonly<{
  /** `record` is one, as `faultOfRecord` says. */
  record(record: ExportRecord): void;
  /** Reads the originals of the records told since the last time. */
  read(): Promise<void>;
  /** Looks for what no record tells of; to be called when all were told. */
  finish(): Promise<void>;
}>;

/** The original of each record must be there, have its hash, and be the mail that the record shows. */
export function checkOriginals(
  path: string,
  { originals: promised, complete }: Manifest,
  directory: ReadDirectory,
  find: Find,
  signal: AbortSignal,
): OriginalCheck {
  const told = createHashSet();
  let due: Due[] = [];
  const totals = { count: 0, bytes: 0 };
  const without = new Set(promised?.without?.map(({ id }) => id));

  const readOriginal = async ({ id, date, original, gist }: Due): Promise<void> => {
    if (!original) {
      if (!without.has(id)) find("missing", id, "its original was not stored");
      return;
    }
    const name = emlPath(id, date);
    told.add(keyOf(name));
    totals.count += 1;
    totals.bytes += original.bytes;
    let follows = false;
    const found = await directory.hash(path, name, async (chunks) => {
      follows = (await gistOfMail(chunks)) === gist;
    });
    if (!found) find("missing", name, "a record tells of it, but it is not on the disk");
    else if (found.sha256 !== original.sha256 || found.bytes !== original.bytes)
      find("changed", name, "its bytes are not those that were stored");
    else if (!follows) find("changed", id, `its record is not what ${name} says`);
  };

  return {
    record(record) {
      if (!promised) return;
      const { "Message-ID": id, "Internal-Date": date, Original: original } = record;
      due.push({ id, date, original, gist: original ? gistOf(record) : "" });
    },
    async read() {
      const records = due;
      due = [];
      for (const record of records) {
        signal.throwIfAborted();
        await readOriginal(record);
      }
    },
    async finish() {
      if (!promised) return;
      for await (const name of directory.filesIn(path, EML))
        if (complete && !told.has(keyOf(name))) find("extra", name, "no record tells of it");
      if (promised.count !== totals.count || promised.bytes !== totals.bytes)
        find("malformed", MANIFEST, "its totals of originals are not those of the records");
    },
  };
}

/** What is remembered of a record until its original has been read. */
type Due = Readonly<{ id: string; date: string; original: ExportRecord["Original"] | undefined; gist: string }>;

/** The gist of the record that follows from the bytes of a message; undefined where none does. */
async function gistOfMail(chunks: AsyncIterable<Buffer>): Promise<string | undefined> {
  try {
    const root = await readParts(chunks, { reserve: async () => {} });
    const message = { id: "", threadId: "", labelIds: [], snippet: "", internalDate: undefined, sizeEstimate: 0, root };
    return gistOf(toRecord(message, new Map()));
  } catch (error) {
    if (failureOf(error)?.code === "bad_request") return undefined;
    throw error;
  }
}

/** A hash of all that a message's bytes tell of its record. */
function gistOf(record: ExportRecord): string {
  const { Date: date, From, To, Subject, Body, Cc, Bcc, References, Attachments: attachments } = record;
  const parts = attachments.map(({ filename, mimeType, size, partId, contentId, inline }) => [
    filename,
    mimeType,
    size,
    partId,
    contentId,
    inline,
  ]);
  const others = [record["Reply-To"], record["RFC822-Message-ID"], record["In-Reply-To"]];
  return createHash("sha256")
    .update(JSON.stringify([date, From, To, Subject, Body, Cc, Bcc, References, others, parts]))
    .digest("hex");
}

function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}
