import type { Conversation, Ref } from "../mail/ref.ts";
import { growing } from "./growing.ts";
import { createNames } from "./names.ts";

/**
 * What became of every listed message. A set in listing order that stays compact for a million ids: names are bytes in
 * one buffer, everything else is typed arrays, found by an open-addressing hash. About 45 bytes a message.
 */
export type Outcome = "pending" | "exported" | "gone" | "failed";

const OUTCOMES: readonly Outcome[] = ["pending", "exported", "gone", "failed"];

/** Beside the two bits of an outcome: the ref is of the listing. */
const LISTED = 4;

/** Or it counts no more: what was gone was listed again, and stands where the new listing has it; or it was forgotten. */
const REPLACED = 8;

export type Ledger = Readonly<{
  /** Adds a ref of the listing as pending; false when its id is known already. What was gone and is listed again is not gone. */
  add(ref: Ref): boolean;
  /** What was found on the disk of a message, be it in the listing or not. */
  recover(ref: Ref, outcome: Outcome): void;
  /** What became of a message; undefined when it was never listed. */
  outcome(id: string): Outcome | undefined;
  /** As if it had never been heard of; nothing where that is so. */
  forget(id: string): void;
  /** Throws a RangeError for an id that was never added. */
  mark(id: string, outcome: Outcome): void;
  count(outcome: Outcome): number;
  readonly size: number;
  /**
   * Pending refs by conversation: conversations and the messages in them in the order they were listed. A conversation
   * of which a part has ended keeps its place: else an export that was interrupted within one would differ.
   */
  pending(): Generator<Conversation>;
  /** Ids with this outcome, in listing order. */
  ids(outcome: Outcome): Generator<string>;
  /** The same of the listing alone: without what is only known from an earlier one. */
  idsListed(outcome: Outcome): Generator<string>;
}>;

export function createLedger(): Ledger {
  const names = createNames();
  const byName = growing(Int32Array, -1); // name → ref, for names that are message ids
  const nameOf = growing(Int32Array, -1); // ref → name of its id
  const threadOf = growing(Int32Array, -1); // ref → name of its thread
  const fateOf = growing(Uint8Array, 0); // ref → outcome, and whether it was listed
  const outcomeOf = (ref: number): number => fateOf.at(ref) & 3;
  const counts = [0, 0, 0, 0];
  let size = 0; // refs, with those that were replaced
  let replaced = 0;

  const refOf = (id: string): number => {
    const name = names.find(id);
    return name === -1 ? -1 : byName.at(name);
  };

  const add = ({ id, threadId }: Ref, fate: number): boolean => {
    const name = names.intern(id);
    if (byName.at(name) !== -1) return false;
    byName.set(name, size);
    nameOf.set(size, name);
    threadOf.set(size, names.intern(threadId));
    fateOf.set(size, fate);
    counts[0]! += 1;
    size += 1;
    return true;
  };

  const mark = (id: string, outcome: Outcome): void => {
    const ref = refOf(id);
    if (ref === -1) throw new RangeError("a message must be listed before it can have an outcome");
    counts[outcomeOf(ref)]! -= 1;
    fateOf.set(ref, (fateOf.at(ref) & LISTED) | OUTCOMES.indexOf(outcome));
    counts[outcomeOf(ref)]! += 1;
  };

  const forget = (ref: number): void => {
    counts[outcomeOf(ref)]! -= 1;
    fateOf.set(ref, REPLACED);
    byName.set(nameOf.at(ref), -1);
    replaced += 1;
  };

  return {
    add(ref) {
      const known = refOf(ref.id);
      if (known !== -1 && OUTCOMES[outcomeOf(known)] === "gone") forget(known);
      return add(ref, LISTED);
    },
    forget(id) {
      const known = refOf(id);
      if (known !== -1) forget(known);
    },
    recover(ref, outcome) {
      add(ref, 0);
      mark(ref.id, outcome);
    },
    outcome(id) {
      const ref = refOf(id);
      return ref === -1 ? undefined : OUTCOMES[outcomeOf(ref)];
    },
    mark,
    count: (outcome) => counts[OUTCOMES.indexOf(outcome)]!,
    get size() {
      return size - replaced;
    },
    *pending() {
      // Chains of pending refs per thread, made for this walk: the caller may mark refs while it walks.
      const places = new Int32Array(names.size).fill(-1); // thread name → place among the conversations
      const heads = new Int32Array(size).fill(-1); // place → first ref of the chain
      const last = new Int32Array(size).fill(-1); // place → last ref of the chain
      const next = new Int32Array(size).fill(-1); // ref → the next of its chain
      let conversations = 0;
      for (let ref = 0; ref < size; ref += 1) {
        if (fateOf.at(ref) !== 0 && (fateOf.at(ref) & LISTED) === 0) continue; // those that were replaced, too
        const thread = threadOf.at(ref);
        if (places[thread] === -1) places[thread] = conversations++;
        if (outcomeOf(ref) !== 0) continue;
        const place = places[thread]!;
        if (heads[place] === -1) heads[place] = ref;
        else next[last[place]!] = ref;
        last[place] = ref;
      }
      for (const head of heads.subarray(0, conversations)) {
        if (head === -1) continue;
        const ids: string[] = [];
        for (let ref = head; ref !== -1; ref = next[ref]!) ids.push(names.text(nameOf.at(ref)));
        yield { threadId: names.text(threadOf.at(head)), ids };
      }
    },
    *ids(outcome) {
      const wanted = OUTCOMES.indexOf(outcome);
      for (let ref = 0; ref < size; ref += 1)
        if ((fateOf.at(ref) & REPLACED) === 0 && outcomeOf(ref) === wanted) yield names.text(nameOf.at(ref));
    },
    *idsListed(outcome) {
      const wanted = LISTED | OUTCOMES.indexOf(outcome);
      for (let ref = 0; ref < size; ref += 1) if (fateOf.at(ref) === wanted) yield names.text(nameOf.at(ref));
    },
  };
}
