import type { Failure } from "../../../core/errors.ts";
import type { Progress } from "../../../core/export/job.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EpochMs } from "../../../core/time.ts";
import { failureIn } from "../../words/french.ts";
import { duration, messagesIn, type Messages } from "../words/messages.ts";
import { fit, progressParts, type Parts } from "./progress-line.ts";
import type { Reporter } from "./reporter.ts";
import type { Terminal } from "./terminal.ts";

/** How often a line goes to a log or a pipe. */
const PULSE_MS = 10_000;

/** How often the live line is drawn: what is left counts down, and a resized terminal is filled anew. */
const REDRAW_MS = 200;

type Ports = Readonly<{ clock: Clock; terminal: Terminal; messages?: Messages }>;

/** Tells a person, until disposed: on a terminal in a line that changes in place, elsewhere in a line now and then. */
export function watch(ports: Ports, signal: AbortSignal): Reporter & Disposable {
  return ports.terminal.hasLiveLine ? liveLine(ports, signal) : pulse(ports);
}

function liveLine(
  { clock, terminal, messages: w = messagesIn("en") }: Ports,
  signal: AbortSignal,
): Reporter & Disposable {
  const paint = terminal.paint.people;
  const over = new AbortController();
  let parts: ((now: EpochMs) => Parts) | undefined;
  const draw = (): void => {
    const shown = parts?.(clock.now());
    if (shown) terminal.live((columns) => fit(shown, columns));
  };
  const keepDrawing = async (): Promise<void> => {
    while (!over.signal.aborted) {
      if (signal.aborted) terminal.live((columns) => fit({ stage: w.stopping }, columns));
      else draw();
      await clock.sleep(REDRAW_MS, over.signal).catch(() => {});
    }
  };
  void keepDrawing();
  return {
    progress: (progress) => void (parts = (now) => progressParts(progress, now, paint, w)),
    waiting(failure, until) {
      terminal.inform(waitingLine(failure, until, w));
      parts = (now) => ({ wait: [paint("yellow", w.waitingLeft(duration(until - now)))] });
    },
    [Symbol.dispose]() {
      over.abort();
      draw();
      terminal.settle();
    },
  };
}

function pulse({ clock, terminal, messages: w = messagesIn("en") }: Ports): Reporter & Disposable {
  const asItIs = (_: unknown, text: string): string => text;
  let toldAt = clock.now();
  return {
    progress(progress: Progress) {
      const now = clock.now();
      if (now - toldAt < PULSE_MS) return;
      toldAt = now;
      const { stage = [], ...parts } = progressParts(progress, now, asItIs, w);
      terminal.inform(fit({ ...parts, stage: stage.slice(-3) }, Infinity)); // without the bar
    },
    waiting: (failure, until) => terminal.inform(waitingLine(failure, until, w)),
    [Symbol.dispose]() {},
  };
}

/** What passes by itself, and when. */
function waitingLine(failure: Failure, until: EpochMs, w: Messages): string {
  return w.goesOn(failureIn(w.language, failure).message, w.time(until));
}
