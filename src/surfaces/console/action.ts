import { useCallback, useRef, useState } from "preact/hooks";

/** Something the person sets off: whether it goes on, and what was wrong with it. */
export type Action<Parameters extends unknown[]> = Readonly<{
  busy: boolean;
  error: unknown;
  run: (...parameters: Parameters) => void;
}>;

/** One at a time: asked again while it goes on, nothing happens. */
export function useAction<Parameters extends unknown[]>(
  work: (...parameters: Parameters) => Promise<unknown>,
): Action<Parameters> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const going = useRef(false);
  const latest = useRef(work);
  latest.current = work;
  const run = useCallback((...parameters: Parameters) => {
    if (going.current) return;
    going.current = true;
    setBusy(true);
    setError(undefined);
    latest
      .current(...parameters)
      .catch(setError)
      .finally(() => {
        going.current = false;
        setBusy(false);
      });
  }, []);
  return { busy, error, run };
}
