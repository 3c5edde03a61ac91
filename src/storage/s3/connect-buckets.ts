import { failureOf, refuse } from "../../core/errors.ts";
import { formatBucketPlace, parseBucketPlace } from "../../core/export/place.ts";
import type { BucketSettings } from "../../core/network/bucket-keys.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ChooseDirectory } from "../../core/ports/export-directory.ts";
import type { Holds } from "../../core/ports/holds.ts";
import type { OpenStorage } from "../../core/ports/storage.ts";
import { findKeys } from "./access/find-keys.ts";
import { choosePrefixIn } from "./choose-prefix.ts";
import { openBuckets } from "./open-bucket.ts";
import { openConnections } from "./requests/send.ts";
import { s3Storage } from "./s3-storage.ts";

type Parts = Readonly<{
  settings: BucketSettings;
  holds: Holds;
  clock: Clock;
  random: () => number;
  proxyOf: (server: URL) => URL | undefined;
  readFile: (path: string) => Promise<string>;
  /** Names all processes that share the state that `holds` is of. */
  deployment: () => Promise<string>;
}>;

/** What a deployment does with buckets. Nothing is asked of them before something is wanted. */
export type Buckets = Readonly<{
  storages: OpenStorage;
  /** Chooses directories where EXPORT_DIR is this place. */
  chooseIn(place: string): ChooseDirectory;
  /**
   * Sees once that a place can be read and written; it is tried by writing an object that is removed again. Throws
   * `settings_invalid` where not.
   */
  assertUsable(place: string): Promise<void>;
  /** The same for who only wants to know: the failure in a word, or undefined. */
  faultOf(place: string): Promise<string | undefined>;
  close(): Promise<void>;
}>;

export function connectBuckets({ settings, holds, clock, random, proxyOf, readFile, deployment }: Parts): Buckets {
  const { send, close } = openConnections(proxyOf);
  const { region } = settings;
  const keys = findKeys({ settings: settings.keys, send, readFile, clock, region });
  const open = openBuckets({ server: settings, send, keys, clock, random });
  const usable = new Map<string, Promise<void>>();

  const tryOut = async (place: string): Promise<void> => {
    const { bucket, prefix } = parseBucketPlace(place);
    const { objects, knowsConditions } = open(bucket);
    const folder = prefix === "" ? "" : `${prefix}/`;
    await knowsConditions(folder);
    for await (const _ of objects.list(folder, () => {})) break;
  };
  const assertUsable = (place: string): Promise<void> => {
    const looking =
      usable.get(place) ??
      tryOut(place).catch((error: unknown) => {
        usable.delete(place); // it may be another time
        const failure = failureOf(error);
        if (failure?.code !== "disk") throw error;
        throw refuse("settings_invalid", failure.message, failure.next, { cause: error });
      });
    usable.set(place, looking);
    return looking;
  };
  return {
    storages: s3Storage({ open, holds, clock, deployment }),
    chooseIn(place) {
      const choose = choosePrefixIn(formatBucketPlace(parseBucketPlace(place)), open);
      return async (account, outputDir) => {
        await assertUsable(place);
        return choose(account, outputDir);
      };
    },
    assertUsable,
    async faultOf(place) {
      try {
        await assertUsable(place);
        return undefined;
      } catch (error) {
        const failure = failureOf(error);
        if (!failure) throw error;
        return /\((\w+)\)\.$/.exec(failure.message)?.[1] ?? failure.code;
      }
    },
    close,
  };
}
