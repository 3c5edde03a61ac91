import type { Manifest } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { putManifest } from "./manifest-file.ts";

/**
 * When manifest.json is written.
 *
 * Holds always: it says `"complete": true` only of what was proven, and what was proven says so until the first thing
 * of the export changes: the manifest is replaced before that.
 */
export type ManifestKeeper = Readonly<{
  /** Whether what was proven complete still stands as it was. */
  readonly isProven: boolean;
  /** Before anything of the export changes. */
  beforeChange(): Promise<void>;
  /** After a batch: ever more rarely, so that all of them together cost what one does. */
  afterBatch(batches: number): Promise<void>;
  /** After a batch that was written anew, as rarely. */
  afterRewrite(batches: number): Promise<void>;
  /** Says how far it came. */
  checkpoint(): Promise<void>;
  /** Says that it is done; whether that is all, the manifest itself tells. */
  commit(manifest: Manifest): Promise<void>;
}>;

/** `unfinished` makes a manifest that says what is there so far. */
export function createManifestKeeper(storage: Storage, isProven: boolean, unfinished: () => Manifest): ManifestKeeper {
  let proven = isProven;
  let due = 0; // batches
  let rewritten = 0;
  let rewriteDue = 0;
  const write = (): Promise<void> => putManifest(storage, unfinished());
  return {
    get isProven() {
      return proven;
    },
    async beforeChange() {
      if (!proven) return;
      await write();
      proven = false;
    },
    async afterBatch(batches) {
      if (batches < due) return;
      await write();
      due = batches + (batches >> 6) + 1;
    },
    async afterRewrite(batches) {
      rewritten += 1;
      if (rewritten < rewriteDue) return;
      await write();
      rewriteDue = rewritten + (batches >> 6) + 1;
    },
    async checkpoint() {
      if (!proven) await write();
    },
    async commit(manifest) {
      await putManifest(storage, manifest);
      proven = manifest.complete;
    },
  };
}
