import { failureOf } from "../../core/errors.ts";
import { isFiltered, type Filter } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ExportDirectory } from "../../core/ports/export-directory.ts";
import type { Cursor, LabelNames, MailboxSource } from "../../core/ports/mailbox-source.ts";
import type { EpochMs } from "../../core/time.ts";
import { listAll } from "../list.ts";
import { findListed, readWhereThere } from "./find-gone.ts";
import { readLabelMembers, type LabelMembers } from "./label-members.ts";
import { readLabelNames } from "./label-names.ts";
import { createTold, type Told, type ToldOfMessage } from "./told.ts";

/** What is known of a mailbox, from a place in its history up to now. */
export type Followed = Readonly<{
  told: Told;
  /** The labels that the mailbox has. */
  names: LabelNames;
  /** Where history could not tell: all of the mailbox at one moment, before what `told` tells. */
  members: LabelMembers | undefined;
  /** Whether it is known of a message that was not found that it is not there any more: told, or by a listing since. */
  isConfirmedGone(id: string): boolean;
  /** Up to where it is followed. */
  cursor: Cursor;
  /** The moment that the cursor stands for. */
  at: EpochMs;
}>;

export type Follower = Readonly<{
  /** Follows the mailbox up to now; resolves with messages that may have to be added. */
  follow(signal: AbortSignal): Promise<readonly Ref[]>;
  /** Throws a RangeError before anything was followed. */
  followed(): Followed;
}>;

type Ports = Readonly<{
  source: MailboxSource;
  directory: ExportDirectory;
  clock: Clock;
  filter: Filter;
  /** The newest so many were asked for, at one moment: nothing is added to them. */
  maxEmails: number | null;
  names: LabelNames;
}>;

/**
 * Follows a mailbox from the place up to which a directory has everything. `listedAt` is that of the last listing that
 * was made for it. What history cannot tell any more, or never could, listings do.
 */
export function createFollower(
  { source, directory, clock, filter, maxEmails, names }: Ports,
  listedAt: Cursor,
): Follower {
  const told = createTold();
  let members: LabelMembers | undefined;
  let namesNow = names;
  let cursor: Cursor | undefined =
    directory.followedTo === undefined ? undefined : { source: source.name, value: directory.followedTo };
  let listed = listedAt;
  let at: EpochMs | undefined;
  const isListed = isFiltered(filter) || maxEmails !== null;
  // What was found to be gone in this run is looked for at its end: named once more, it is not asked for at every round.
  const goneBefore = new Set(directory.ledger.ids("gone"));
  // What earlier runs did not find: that may have been wrong for as long as they lasted, and the history never tells of it.
  const unexplained = new Set(goneBefore).difference(new Set(directory.ledger.idsListed("gone")));
  for (const id of unexplained) if (directory.isConfirmedGone(id)) unexplained.delete(id);
  const unlisted = new Set<string>();
  const isToldRemoved = (id: string): boolean => {
    const { isRemoved = false, isContradictory } = told.find(id) ?? {};
    return isRemoved && !isContradictory;
  };
  const isNew = ({ id }: Ref): boolean => {
    const outcome = directory.ledger.outcome(id);
    return outcome === undefined || (outcome === "gone" && goneBefore.has(id));
  };
  const isWanted = (labels: readonly string[]): boolean =>
    filter.includeSpamTrash || !labels.some((label) => label === "SPAM" || label === "TRASH");

  /** Of messages of which it is not clear whether they are wanted, those that are. */
  const readUnclear = async (unclear: ReadonlyMap<string, Ref>, signal: AbortSignal): Promise<Ref[]> => {
    const refs: Ref[] = [];
    const size = Math.max(directory.ledger.size, members?.size ?? 0);
    const wasRemoved = (id: string): boolean => told.find(id)?.wasRemoved === true;
    for await (const reading of readWhereThere([...unclear.keys()], size, wasRemoved, source, signal)) {
      const isThere = "labelIds" in reading ? isWanted(reading.labelIds) : "failed" in reading;
      if (isThere) refs.push(unclear.get(reading.id)!); // what could not be asked is found out when it is read
    }
    return refs;
  };

  const readHistory = async (since: Cursor, signal: AbortSignal): Promise<readonly Ref[]> => {
    const named = new Set<string>();
    for await (const change of source.changes(since, signal))
      if (change.change === "cursor") ({ cursor } = change);
      else {
        told.add(change);
        named.add(change.ref.id);
      }
    if (isListed) return [];
    const refs: Ref[] = [];
    const unclear = new Map<string, Ref>();
    for (const id of named) {
      const one = told.find(id);
      if (!one || !isNew(one.ref)) continue;
      const labels = one.labels ?? one.addedWith;
      const isUntold = labels === "unclear";
      if (isUncertain(one) || (!one.isRemoved && isUntold && !filter.includeSpamTrash)) unclear.set(id, one.ref);
      else if (!one.isRemoved && labels && (isUntold || isWanted(labels))) refs.push(one.ref);
    }
    return [...refs, ...(await readUnclear(unclear, signal))];
  };

  /** Compares with all of the mailbox, at the price of listings. */
  const reconcile = async (signal: AbortSignal): Promise<readonly Ref[]> => {
    const unnamed = await directory.findCarriers((label) => !names.has(label));
    const findLabels = async (): Promise<Iterable<string>> => {
      const now = await readLabelNames(source, signal); // some may have been made since this run began
      if (now.size > 0) namesNow = now;
      return [...names.keys(), ...namesNow.keys(), ...unnamed.keys()];
    };
    members = await readLabelMembers(source, findLabels, signal);
    told.clear();
    ({ cursor } = members);
    if (isListed) return [];
    const refs: Ref[] = [];
    const unclear = new Map<string, Ref>();
    const isTellable = !(members.refused.has("SPAM") || members.refused.has("TRASH"));
    for (const ref of members.refs()) {
      if (!isNew(ref)) continue;
      const labels = members.labelIds(ref.id);
      if (labels && isTellable ? isWanted(labels) : filter.includeSpamTrash) refs.push(ref);
      else if (!labels || !isTellable) unclear.set(ref.id, ref);
    }
    for (const id of members.unsettled)
      if (!members.has(id) && isNew({ id, threadId: id })) unclear.set(id, { id, threadId: id });
    return [...refs, ...(await readUnclear(unclear, signal))];
  };

  const listNew = async (now: Cursor, signal: AbortSignal): Promise<readonly Ref[]> => {
    const refs: Ref[] = [];
    if (maxEmails === null)
      for await (const page of listAll(source, filter, null, signal)) refs.push(...page.filter(isNew));
    listed = now;
    return refs;
  };

  const followOn = async (signal: AbortSignal): Promise<readonly Ref[]> => {
    at = clock.now();
    const { cursor: now } = await source.profile(signal);
    const refs: Ref[] = [];
    if (isListed && now.value !== listed.value) refs.push(...(await listNew(now, signal)));
    // Where nothing happened the history need not be asked; and of a mailbox that rests for long it may have expired up to its end.
    if (cursor?.value === now.value) return refs;
    if (cursor) {
      try {
        return [...refs, ...(await readHistory(cursor, signal))];
      } catch (error) {
        if (!isHistoryFailure(error)) throw error;
      }
    }
    at = clock.now();
    return [...refs, ...(await reconcile(signal))];
  };

  /** Of what earlier runs did not find, and of which nobody has told why, what is listed all the same. */
  const findUnexplained = async (signal: AbortSignal): Promise<readonly Ref[]> => {
    const ids = [...unexplained].filter((id) => !isToldRemoved(id));
    const refs = ids.length > 0 ? await findListed(ids, filter, source, signal) : [];
    for (const id of ids) unlisted.add(id); // those that are listed are taken out again
    unexplained.clear();
    return refs;
  };

  return {
    async follow(signal) {
      const refs = [...(await followOn(signal))];
      for (const { id } of refs) unexplained.delete(id);
      refs.push(...(await findUnexplained(signal)));
      for (const { id } of refs) {
        goneBefore.delete(id);
        unlisted.delete(id);
      }
      return refs;
    },
    followed() {
      if (!cursor || at === undefined) throw new RangeError("nothing was followed yet");
      const isConfirmedGone = (id: string): boolean => unlisted.has(id) || isToldRemoved(id);
      return { told, names: namesNow, members, isConfirmedGone, cursor, at };
    },
  };
}

/** Whether only reading a message that is not here tells what became of it. */
function isUncertain({ isContradictory, isRemoved, addedWith, labels }: ToldOfMessage): boolean {
  return isContradictory || (isRemoved && addedWith !== undefined) || (!isRemoved && labels === "unclear");
}

/** The cursor has expired, or a page of it, or this history cannot be read: none of that needs to stop an export. */
function isHistoryFailure(error: unknown): boolean {
  const failure = failureOf(error);
  if (failure?.retry === "backoff") return failure.outage !== true;
  return failure !== undefined && HISTORY_FAILURES.has(failure.code);
}

const HISTORY_FAILURES: ReadonlySet<string> = new Set(["not_found", "page_token_invalid", "bad_request", "forbidden"]);
