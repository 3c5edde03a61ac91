import { refuse } from "../errors.ts";
import { faultOfFileName } from "../file-name.ts";

/**
 * A directory in a bucket: `s3://bucket/a/b`. `prefix` is "a/b", without a slash at either end; "" is the whole bucket.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
 */
export type BucketPlace = Readonly<{ bucket: string; prefix: string }>;

/** Whether a place is in a bucket rather than on a file system. */
export function isInBucket(place: string): boolean {
  return /^s3:\/\//i.test(place);
}

/** Bytes of a key, of which gmail-export's own names take some. Source: object keys of S3 have at most 1,024. */
const LONGEST_PREFIX = 700;

/** Takes `s3://bucket/prefix` apart. Throws `unusable_directory` for what names no place in a bucket. */
export function parseBucketPlace(place: string): BucketPlace {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)(.*)$/is.exec(place) ?? [];
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(bucket)) throw unusable("names no bucket");
  const names = path.split("/").filter((name) => name !== "");
  for (const name of names) {
    const fault = name === "." || name === ".." ? "leads to another place" : faultOfFileName(name, false);
    if (fault !== undefined) throw unusable(`has a name that ${fault}`);
  }
  const prefix = names.join("/");
  if (new TextEncoder().encode(prefix).length > LONGEST_PREFIX)
    throw unusable(`is longer than ${LONGEST_PREFIX} bytes`);
  return { bucket, prefix };
}

/** The one spelling of a place in a bucket. */
export function formatBucketPlace({ bucket, prefix }: BucketPlace): string {
  return prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
}

function unusable(why: string): Error {
  return refuse(
    "unusable_directory",
    `This place in a bucket ${why}.`,
    "Write it as s3://bucket/folder, with names of visible characters.",
  );
}
