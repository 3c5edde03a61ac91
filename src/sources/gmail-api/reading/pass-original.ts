import type { Keepers, Kept } from "../../../core/ports/mailbox-source.ts";
import type { EpochMs } from "../../../core/time.ts";
import { createChannel } from "../../../formats/rfc5322/channel.ts";

/**
 * The bytes of a message, kept while they pass. They may come before it is known whose they are: what is kept is finished
 * only when that has been told.
 */
export type PassingOriginal = Readonly<{
  /** The same bytes. */
  through(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /** All bytes have passed, and are those of a message that came at this time. */
  finish(internalDate: EpochMs | undefined): Promise<Kept>;
  /** Nothing of it is kept, unless it was finished. */
  abandon(): Promise<void>;
}>;

const BROKEN_OFF = new Error("the message broke off");

/** `keep` is asked for the time when it has all bytes. */
export function passOriginal(
  keep: (chunks: AsyncIterable<Uint8Array>, internalDate: () => EpochMs | undefined) => ReturnType<Keepers["original"]>,
): PassingOriginal {
  const channel = createChannel();
  const told = Promise.withResolvers<EpochMs | undefined>();
  told.promise.catch(() => {}); // met by who waits for it
  let internalDate: EpochMs | undefined;
  const content = async function* (): AsyncGenerator<Buffer> {
    yield* channel.chunks;
    internalDate = await told.promise;
  };
  const keeping = keep(content(), () => internalDate);
  keeping.catch(channel.leave); // met when it is finished
  return {
    async *through(bytes) {
      for await (const chunk of bytes) {
        await channel.push(chunk);
        yield chunk;
      }
      channel.end();
    },
    finish(date) {
      told.resolve(date);
      return keeping;
    },
    async abandon() {
      told.reject(BROKEN_OFF);
      channel.fail(BROKEN_OFF);
      await keeping.catch(() => {});
    },
  };
}
