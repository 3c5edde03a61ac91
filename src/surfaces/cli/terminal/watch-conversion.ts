import type { Clock } from "../../../core/ports/clock.ts";
import type { ConvertProgress } from "../../../pipeline/convert/convert.ts";
import type { Messages } from "../words/messages.ts";
import { fit } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

/** How often the live line changes, and how often a line goes to a log or a pipe. */
const REDRAW_MS = 200;
const PULSE_MS = 10_000;

/** Tells a person how far a conversion is, until disposed. */
export function watchConversion(
  clock: Clock,
  terminal: Terminal,
  w: Messages,
): Disposable & Readonly<{ report(progress: ConvertProgress): void }> {
  const every = terminal.hasLiveLine ? REDRAW_MS : PULSE_MS;
  let toldAt = clock.now();
  let isOver = false;
  return {
    report({ read, of }) {
      const now = clock.now();
      if (now - toldAt < every) return;
      toldAt = now;
      const percent = `${Math.floor(of === 0 ? 100 : (100 * read) / of)} %`;
      const parts = { stage: [percent, ""], counts: [w.ofMessages(w.number(read), of), w.number(read)] };
      if (terminal.hasLiveLine) terminal.live((columns) => fit(parts, columns));
      else terminal.inform(fit(parts, Infinity));
    },
    [Symbol.dispose]() {
      if (!isOver) terminal.settle();
      isOver = true;
    },
  };
}
