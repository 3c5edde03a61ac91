/** Chunks from who pushes them to who iterates over them, one at a time: neither runs ahead of the other. */
export type Channel = Readonly<{
  /** Resolves when the chunk is used up: it was followed by a wish for the next one, or nobody reads any more. */
  push(chunk: Buffer): Promise<void>;
  end(): void;
  /** Ends the reading with this error. */
  fail(error: Error): void;
  /** Nobody will read on: what is pushed goes nowhere. */
  leave(): void;
  /** To be iterated over once. */
  chunks: AsyncIterable<Buffer>;
}>;

export function createChannel(): Channel {
  let offered: Readonly<{ chunk: Buffer; used: () => void }> | undefined;
  let failure: Error | undefined;
  let isEnded = false;
  let isLeft = false;
  let wake = (): void => {};
  const tell = (): void => {
    wake();
    wake = () => {};
  };
  const leave = (): void => {
    isLeft = true;
    offered?.used();
    offered = undefined;
  };
  return {
    leave,
    async push(chunk) {
      if (isLeft) return;
      await new Promise<void>((used) => {
        offered = { chunk, used };
        tell();
      });
    },
    end() {
      isEnded = true;
      tell();
    },
    fail(error) {
      failure = error;
      tell();
    },
    chunks: {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) {
            if (failure) throw failure;
            if (offered) {
              const { chunk, used } = offered;
              offered = undefined;
              try {
                yield chunk;
              } finally {
                used();
              }
            } else if (isEnded) return;
            else await new Promise<void>((resolve) => (wake = resolve));
          }
        } finally {
          leave();
        }
      },
    },
  };
}
