import { useEffect } from "preact/hooks";

import type { Resource } from "../resource.ts";

/** Asks again some time after each answer, as long as this stands on a page that is looked at; at once when it is again. */
export function KeptFresh({ from, everyMs }: { from: Resource<unknown>; everyMs: number }) {
  const { value, reload } = from;
  const error = from.state === "failed" ? from.error : undefined;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = (delayMs: number): void => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(reload, delayMs);
    };
    const turned = (): void => plan(0);
    plan(everyMs);
    document.addEventListener("visibilitychange", turned);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", turned);
    };
  }, [value, error, reload, everyMs]); // each answer is another value, each failure another error
  return null;
}
