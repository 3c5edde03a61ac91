import { sameAccount } from "../../core/account.ts";
import { refuse } from "../../core/errors.ts";
import { FORMATS, ORIGINAL_FORMATS } from "../../core/export/format.ts";
import { createLedger } from "../../core/export/ledger.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { isFiltered } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { OpenDirectory, Purpose } from "../../core/ports/export-directory.ts";
import type { OpenStorage, Storage } from "../../core/ports/storage.ts";
import { NOTHING_SPENT } from "../../core/quota.ts";
import { openAttachments } from "./attachments.ts";
import type { FoundBatches } from "./batches.ts";
import { createChangesSeen } from "./changes-seen.ts";
import { holdDirectory, type Found } from "./export-directory.ts";
import { findBatches } from "./find-batches.ts";
import { findFollowed } from "./followed.ts";
import type { FindFree } from "./free-directory.ts";
import { readJournal } from "./journal.ts";
import { openManifest } from "./manifest-file.ts";
import { openOriginals } from "./originals.ts";
import { assertBelongs } from "./ownership.ts";
import { publishRewritten } from "./rewriting/publish-rewritten.ts";

/** `isHeld` takes the lock for an instant to find out: an export that opens at that moment waits this long for it. */
const GLANCE_MS = 200;

/** Opens export directories, one writer each, across processes too. A refusal names a free one where `findFree` is given. */
export function createOpenDirectory(
  storages: OpenStorage,
  clock: Clock,
  tool: string,
  findFree?: FindFree,
): OpenDirectory {
  return async (path, purpose, spent, signal) => {
    const storage = storages(path);
    const hold = await storage.hold(GLANCE_MS, signal);
    if (!hold) throw busy(path);
    try {
      return holdDirectory(hold, storage, purpose, await find(storage, purpose, findFree, signal), {
        clock,
        tool,
        spent,
      });
    } catch (error) {
      await hold[Symbol.asyncDispose]();
      throw error;
    }
  };
}

/** Throws `directory_busy` while some process, this one or another, writes to the directory. */
export async function assertNotHeld(storage: Storage): Promise<void> {
  if (await storage.isHeld()) throw busy(storage.place);
}

/** Reads all that is durable in a directory. */
async function find(
  storage: Storage,
  purpose: Purpose,
  findFree: FindFree | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const manifest = (await openManifest(storage))?.manifest;
  if (manifest) await assertBelongs(storage.place, manifest, purpose, findFree);

  let ledger = createLedger();
  const seen = createChangesSeen(manifest?.deleted ?? []);
  const pruned = new Set<string>();
  const journal = await readJournal(
    storage,
    (ref) => ledger.add(ref),
    seen.add,
    (ids) => {
      seen.prune(ids);
      for (const id of ids) {
        pruned.add(id);
        ledger.forget(id);
      }
    },
  );
  if (journal) await assertBelongs(storage.place, journal.begin, purpose, findFree);
  const renamedFrom = [journal?.begin.email, manifest?.email].find(
    (email) => email !== undefined && !sameAccount(email, purpose.email),
  );
  const keepsAttachments = manifest?.attachments !== undefined || journal?.begin.attachments === true;
  const wantsAttachments = keepsAttachments || purpose.attachments === true;
  const asked = new Set([manifest?.formats, journal?.begin.formats, purpose.formats].flatMap((one) => one ?? []));
  const formats = FORMATS.filter((one) => asked.has(one));
  const originalFormats = ORIGINAL_FORMATS.filter((one) => formats.includes(one));
  const goesOn =
    journal !== undefined &&
    journal.listed &&
    (journal.begin.attachments === true) === wantsAttachments &&
    (journal.begin.formats ?? []).length === formats.length &&
    journal.begin.maxEmails === purpose.maxEmails &&
    renamedFrom === undefined; // whose mail is listed is asked once more
  const listed = new Set(journal && !journal.begin.followed ? ledger.ids("pending") : []);
  if (!goesOn) ledger = createLedger();

  const isKnown = (id: string): boolean => !journal?.relisted.has(id);
  const failedBefore = (manifest?.failed ?? []).filter(({ id }) => isKnown(id));
  const failures = new Map([...failedBefore, ...(journal?.failed ?? [])].map((one) => [one.id, one]));
  // It is tried again also when it is no longer listed: then it turns out to be gone.
  for (const id of failures.keys()) ledger.recover({ id, threadId: id }, "failed");
  const gone = [...(manifest?.gone ?? []).filter(isKnown), ...(journal?.gone ?? [])];
  for (const id of gone) ledger.recover({ id, threadId: id }, "gone");
  const confirmedGone = (journal?.confirmedGone ?? manifest?.confirmedGone ?? []).filter(isKnown);

  const attachments = wantsAttachments ? openAttachments(storage) : undefined;
  const originals = originalFormats.length > 0 ? openOriginals(storage, originalFormats) : undefined;
  attachments?.shortfall.explain([...(manifest?.attachments?.without ?? []), ...(journal?.without.attachments ?? [])]);
  originals?.shortfall.explain([...(manifest?.originals?.without ?? []), ...(journal?.without.originals ?? [])]);
  for (const id of [...(manifest?.originals?.earlier ?? []), ...(journal?.earlier ?? [])]) originals?.earlier.add(id);
  for (const id of pruned) originals?.earlier.delete(id);
  await publishRewritten(storage, journal?.rewritten.at(-1));
  let isOfOneListing = true;
  const recover = (ref: Ref): void => {
    isOfOneListing &&= listed.has(ref.id);
    ledger.recover(ref, "exported");
  };
  const batches = await findBatches(storage, manifest, journal, recover, signal, { attachments, originals });
  const failed = [...failures.values()].filter(({ id }) => ledger.outcome(id) === "failed"); // not exported or gone since
  return {
    ledger,
    journal: goesOn ? journal : undefined,
    rewriting: journal?.rewriting,
    rewritten: journal?.rewritten ?? [],
    batches,
    isFinished: !journal && manifest !== undefined && isFollowable(manifest, purpose, batches),
    isPruned: pruned.size > 0,
    followed: findFollowed(manifest, journal, seen, isOfOneListing),
    historyId: (goesOn ? journal.begin.historyId : manifest?.historyId) ?? "",
    spent: journal?.spent ?? manifest?.quota ?? NOTHING_SPENT,
    seconds: journal?.spent ? journal.seconds : (manifest?.duration_seconds ?? 0),
    guessedCharsets: (journal?.spent ? journal.guessedCharsets : manifest?.guessedCharsets) ?? 0,
    failed,
    confirmedGone,
    formerly: manifest?.formerly ?? [],
    renamedFrom,
    formats,
    ...(attachments && { attachments }),
    ...(originals && { originals }),
    isProven:
      manifest?.complete === true &&
      batches.unfinished === undefined &&
      batches.entries.length === manifest.batches.length &&
      ledger.count("gone") === manifest.gone.length &&
      failed.length === 0,
  };
}

/**
 * Whether a directory was finished, and all that came since can be followed from its cursor. What a query finds, or who are
 * the newest, only a listing tells; so it does where a batch was removed.
 */
function isFollowable(
  manifest: Manifest,
  { filter, maxEmails }: Purpose,
  { entries, unfinished }: FoundBatches,
): boolean {
  const wasFinished = manifest.complete || manifest.labelNames !== undefined;
  const isWhole = entries.length === manifest.batches.length && unfinished === undefined;
  const isEverything = !isFiltered(filter) && manifest.max_emails === null && maxEmails === null;
  return wasFinished && isWhole && isEverything && manifest.historyId !== "";
}

function busy(place: string): Error {
  return refuse(
    "directory_busy",
    `Another export is writing to ${place}.`,
    "Wait until it has ended, or choose another output directory.",
  );
}
