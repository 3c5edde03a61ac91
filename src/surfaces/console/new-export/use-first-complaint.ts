import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Refusal } from "../api.ts";

/** For a form: whenever the server refuses it, the first field that something is wrong with gets the focus. */
export function useFirstComplaint(problem: Refusal["problem"] | undefined): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // After the parts that hold the fields have opened.
    if (problem) requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus());
  }, [problem]);
  return form;
}
