import type { BucketSettings } from "../../core/network/bucket-keys.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FindKeys } from "./access/find-keys.ts";
import type { Bucket } from "./bucket.ts";
import { findConditions } from "./conditions.ts";
import { createCall } from "./requests/call.ts";
import { createObjects } from "./requests/objects.ts";
import type { Send } from "./requests/send.ts";

type Parts = Readonly<{
  server: Pick<BucketSettings, "endpoint" | "region">;
  send: Send;
  keys: FindKeys;
  clock: Clock;
  random: () => number;
}>;

/** Buckets of one server, each known once in a process. Asks nothing before something is wanted of one. */
export function openBuckets({ server, send, keys, clock, random }: Parts): (name: string) => Bucket {
  const known = new Map<string, Bucket>();
  return (name) => {
    const found = known.get(name);
    if (found) return found;
    const call = createCall({ bucket: addressOf(server, name), send, keys, clock, random });
    const objects = createObjects(call, `s3://${name}`, name);
    let conditions: Promise<boolean> | undefined;
    const bucket: Bucket = {
      objects,
      knowsConditions(folder) {
        conditions ??= findConditions(objects, folder, `${clock.now()}-${Math.floor(random() * 1e9)}`);
        conditions.catch(() => (conditions = undefined)); // it could not be asked just now
        return conditions;
      },
      copying: { isKnown: true },
    };
    known.set(name, bucket);
    return bucket;
  };
}

/**
 * Amazon names a bucket in the host, but for one with a dot, which its certificate does not cover; other servers are found by
 * an address of their own, and name it in the path.
 */
function addressOf({ endpoint, region }: Pick<BucketSettings, "endpoint" | "region">, name: string) {
  const isHost = endpoint === undefined && !name.includes(".");
  const own = new URL(`https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`);
  return { endpoint: endpoint ?? own, region, name, isHost };
}
