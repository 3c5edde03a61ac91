import type { Clock } from "../../core/ports/clock.ts";
import type { FindKeys } from "./access/keys.ts";
import type { Bucket } from "./bucket.ts";
import { findConditions } from "./conditions.ts";
import { createCall } from "./requests/call.ts";
import { createObjects } from "./requests/objects.ts";
import type { Send } from "./requests/send.ts";

/** Where buckets are. `endpoint` undefined means Amazon's own server in the region. */
type BucketServer = Readonly<{ endpoint: URL | undefined; region: string }>;

type Parts = Readonly<{
  server: BucketServer;
  send: Send;
  keys: FindKeys;
  clock: Clock;
  random: () => number;
  deployment: string;
}>;

/** Buckets of one server, each known once in a process. Asks nothing before something is wanted of one. */
export function openBuckets({ server, send, keys, clock, random, deployment }: Parts): (name: string) => Bucket {
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
        conditions ??= findConditions(objects, folder, `${deployment}-${clock.now()}`);
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
function addressOf({ endpoint, region }: BucketServer, name: string) {
  const isHost = endpoint === undefined && !name.includes(".");
  const own = new URL(`https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`);
  return { endpoint: endpoint ?? own, region, name, isHost };
}
