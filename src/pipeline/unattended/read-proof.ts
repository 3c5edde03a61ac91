import { failureOf } from "../../core/errors.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { OpenStorage } from "../../core/ports/storage.ts";
import type { EpochMs } from "../../core/time.ts";
import { MANIFEST } from "../../formats/manifest.ts";
import { openManifest } from "../directory/manifest-file.ts";

/**
 * What a manifest says of the proof: up to when it holds, or, where a run has put it aside, did when it was last looked at;
 * and Gmail's cursor to go on from.
 */
export type Proof = Readonly<{ provenAt: EpochMs | undefined; historyId: string }>;

/** More directories than that are asked about by nobody who has not also forgotten the first ones. */
const MOST_KNOWN = 10_000;

/**
 * Reads what manifests say of the proof, each only once for as long as the file stays the same. Undefined where there is
 * no manifest that can be understood.
 */
export function createReadProof(storages: OpenStorage): (directory: string) => Promise<Proof | undefined> {
  const known = new Map<string, Readonly<{ stamp: string; proof: Proof | undefined }>>();
  return async (directory) => {
    try {
      const storage = storages(directory);
      const stamp = await stampOf(storage);
      const before = known.get(directory);
      if (stamp === undefined) return undefined;
      if (before?.stamp === stamp) return before.proof;
      const found = await openManifest(storage);
      const proof = found && proofIn(found.manifest, before?.proof);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(directory, { stamp, proof });
      return proof;
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
      return undefined; // damaged, or not to be read now: nothing is proven by it
    }
  };
}

async function stampOf(storage: ReturnType<OpenStorage>): Promise<string | undefined> {
  await using manifest = await storage.open(MANIFEST);
  return manifest?.stamp;
}

/** Manifests of earlier versions tell no more than when they were written. */
function proofIn(
  { complete, checkedAt, labelNames, export_date, historyId }: Manifest,
  before: Proof | undefined,
): Proof {
  const proven = checkedAt ?? (labelNames ? undefined : export_date);
  if (!complete) return { provenAt: before?.provenAt, historyId };
  return { provenAt: proven === undefined ? undefined : Date.parse(proven), historyId };
}
