/**
 * Calls that go on at once become one, and share its end. Who leaves gets the reason of the own signal; when nobody waits any
 * more, the call is called off.
 */
export function shareCall<T>(call: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let going: Readonly<{ end: Promise<T>; stop: AbortController }> | undefined;
  let waiting = 0;

  const begin = (): NonNullable<typeof going> => {
    const stop = new AbortController();
    const end = call(stop.signal);
    const begun = { end, stop };
    const over = (): void => {
      if (going === begun) going = undefined;
    };
    end.then(over, over);
    return begun;
  };

  return async (signal) => {
    signal.throwIfAborted();
    const joined = (going ??= begin());
    waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([joined.end, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
      waiting -= 1;
      if (waiting === 0 && going === joined) {
        going = undefined;
        joined.stop.abort(new Error("Nobody waits for it any more."));
      }
    }
  };
}
