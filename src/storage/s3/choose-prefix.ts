import { findAccountFileName } from "../../core/account.ts";
import { refuse } from "../../core/errors.ts";
import { formatBucketPlace, isInBucket, parseBucketPlace, type BucketPlace } from "../../core/export/place.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import type { Bucket } from "./bucket.ts";

/**
 * Chooses directories under EXPORT_DIR where that is `root`, in a bucket. A name without `s3://` is one below it; there are
 * no links there to be followed.
 */
export function choosePrefixIn(root: string, open: (bucket: string) => Bucket): ChooseDirectory {
  const top = parseBucketPlace(root);
  const below = (name: string): string => `${formatBucketPlace(top)}/${name}`;
  return async (account, outputDir) => {
    if (outputDir === undefined) {
      const names: string[] = [];
      const folder = top.prefix === "" ? "" : `${top.prefix}/`;
      const listed = open(top.bucket).objects.list(folder, (prefix) => names.push(prefix.slice(folder.length, -1)));
      for await (const _ of listed);
      return below(findAccountFileName(names, account));
    }
    if (outputDir.startsWith("/")) throw outside(outputDir, root);
    const wanted = parseBucketPlace(isInBucket(outputDir) ? outputDir : below(outputDir));
    if (!isInside(top, wanted)) throw outside(outputDir, root);
    return formatBucketPlace(wanted);
  };
}

function isInside(top: BucketPlace, { bucket, prefix }: BucketPlace): boolean {
  return bucket === top.bucket && (top.prefix === "" || prefix === top.prefix || prefix.startsWith(`${top.prefix}/`));
}

function outside(place: string, root: string): Error {
  return refuse(
    "outside_export_dir",
    `${place} lies outside EXPORT_DIR, which is ${root}.`,
    "Choose a directory inside EXPORT_DIR, or start gmail-export with another EXPORT_DIR.",
  );
}
