import { useEffect, useRef, useState } from "preact/hooks";

/** Long enough that not every letter is a request, short enough that nobody waits for it. */
export const TYPING_PAUSE_MS = 250;

/** A question while it is typed, and what changes it: `onAsk` gets it when the typing pauses, unless it is the last one again. */
export function useTyped<Question>(
  question: Question,
  isSame: (one: Question, other: Question) => boolean,
  onAsk: (question: Question) => void,
): [typed: Question, type: (question: Question) => void] {
  const [typed, type] = useState(question);
  const latest = useRef({ question, isSame, onAsk });
  latest.current = { question, isSame, onAsk };
  useEffect(() => {
    const { question: asked, isSame: isAsked } = latest.current;
    if (isAsked(typed, asked)) return;
    const timer = setTimeout(() => latest.current.onAsk(typed), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, type];
}
