import { join } from "node:path";

import { systemClock } from "../../src/clock.ts";
import type { Clock } from "../../src/core/ports/clock.ts";
import type { Holds } from "../../src/core/ports/holds.ts";
import type { OpenStorage } from "../../src/core/ports/storage.ts";
import { Secret } from "../../src/core/secret.ts";
import { fileHolds } from "../../src/storage/folder/file-holds.ts";
import { openBuckets } from "../../src/storage/s3/open-bucket.ts";
import { openConnections, type Send } from "../../src/storage/s3/requests/send.ts";
import { s3Storage } from "../../src/storage/s3/s3-storage.ts";
import type { Front } from "./front.ts";

type Options = Readonly<{
  front: Front;
  /** A folder in which holds lie, of one deployment each. */
  state: string;
  deployment?: string;
  clock?: Clock;
  holds?: Holds;
  send?: (send: Send) => Send;
  /** What is other than the server expects. */
  signer?: Partial<Front["signer"]>;
}>;

/** Waits between tries pass at once. */
const hasty: Clock = {
  now: systemClock.now,
  sleep: (delayMs, signal) => systemClock.sleep(Math.min(delayMs, delayMs > 15_000 ? delayMs : 1), signal),
};

/** Storages of a bucket as one process opens them. */
export function storagesIn({
  front,
  state,
  deployment = "one",
  clock = hasty,
  holds,
  send = (it) => it,
  signer: other = {},
}: Options): AsyncDisposable & Readonly<{ open: OpenStorage }> {
  const connections = openConnections(() => undefined);
  const signer = { ...front.signer, ...other };
  const open = openBuckets({
    server: { endpoint: new URL(front.url), region: signer.region },
    send: send(connections.send),
    keys: async () => ({
      keyId: signer.keyId,
      secret: new Secret(signer.secret),
      ...(signer.sessionToken !== undefined && { sessionToken: new Secret(signer.sessionToken) }),
    }),
    clock,
    random: () => 0.5,
  });
  const held =
    holds ??
    fileHolds(systemClock, undefined, (place) => join(state, `${Buffer.from(place).toString("base64url")}.lock`));
  return {
    open: s3Storage({ open, holds: held, clock, deployment: async () => deployment }),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
