import type { BucketFolder } from "./bucket.ts";
import { sealedMark } from "./growing-object.ts";
import { listGrowing, removeAll, removeSegments } from "./segments.ts";

/** Where objects lie whose name is not known yet. */
export const NEW = ".new";

/**
 * Takes away what writers before this one left that counts for nothing: uploads that nobody completed, objects without a
 * name, segments that another base took the place of, and those of a file that was sealed right before its writer died.
 */
export async function clearLeftovers({ bucket, folder }: BucketFolder): Promise<void> {
  const { objects } = bucket;
  for await (const { key, upload } of objects.listUploads(folder)) await objects.abortUpload(key, upload);
  await removeAll(objects, await Array.fromAsync(objects.list(`${folder}${NEW}/`)));
  for (const [name, segments] of await listGrowing(objects, folder)) {
    const { current, abandoned } = segments;
    const isSealed = current.length > 0 && (await objects.look(folder + name))?.mark === sealedMark(current);
    if (isSealed) await removeSegments(objects, segments);
    else await removeAll(objects, abandoned);
  }
}
