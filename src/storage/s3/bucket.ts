import type { Objects } from "./requests/objects.ts";

/** A bucket as this process reaches it. */
export type Bucket = Readonly<{
  objects: Objects;
  /** Whether it writes only where a condition holds (conditions.ts). It is tried out once, in this folder. */
  knowsConditions(folder: string): Promise<boolean>;
  /** Whether it copies parts of objects, as far as it was seen. */
  copying: { isKnown: boolean };
}>;

/** A directory in a bucket. `folder` is what its keys begin with: "", or a prefix with a slash at its end. */
export type BucketFolder = Readonly<{ bucket: Bucket; folder: string; place: string }>;
