import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Front } from "./front.ts";

/** Copies what lies under a prefix into a folder, so that it can be looked at as an export on a disk is. */
export async function copyToFolder(front: Front, prefix: string, folder: string): Promise<void> {
  for (const key of await front.keys(`${prefix}/`)) {
    const path = join(folder, key.slice(prefix.length + 1));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await front.contentOf(key));
  }
}

/** The settings with which a process of its own reaches a bucket. */
export function settingsFor({ url, bucket, signer }: Front): Record<string, string> {
  return {
    EXPORT_DIR: `s3://${bucket}/mail`,
    S3_ENDPOINT: url,
    S3_REGION: signer.region,
    AWS_ACCESS_KEY_ID: signer.keyId,
    AWS_SECRET_ACCESS_KEY: signer.secret,
  };
}
