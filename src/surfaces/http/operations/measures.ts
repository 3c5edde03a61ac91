import { failureOf } from "../../../core/errors.ts";
import type { Progress } from "../../../core/export/job.ts";
import { failuresOf, type Manifest } from "../../../core/export/manifest.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Pacer } from "../../../core/ports/pacer.ts";
import type { RunExport } from "../../../pipeline/worker.ts";
import { counter, gauge, histogram } from "./exposition.ts";

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const RUN_SECONDS = [1, 10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

const REFUSALS = ["quota_exceeded", "too_many_concurrent", "bandwidth_exceeded", "locked_out"] as const;

/** A request that was answered, or left unanswered (499) when its client went away. */
type Answered = Readonly<{ method: string; route: string; status: number; seconds: number }>;

/** What this process did since it started, in numbers: what `GET /metrics` tells beside the queue's own. */
export type Measures = Readonly<{
  answered(request: Answered): void;
  /** The same pacer; every call that it lets go is counted, and every refusal. */
  pacer(pacer: Pacer): Pacer;
  /** The same work; what it brings and how it ends is counted. */
  run(run: RunExport): RunExport;
  text(): string;
}>;

export function createMeasures(clock: Clock): Measures {
  const messages = counter(
    "gmail_export_messages_total",
    "Messages that came to an end in this process: exported, gone or failed.",
  );
  const calls = counter("gmail_export_gmail_calls_total", "Calls sent to Gmail, refused ones too.");
  const units = counter("gmail_export_quota_units_total", "Quota units of those calls, at list price.");
  const refusals = counter("gmail_export_refusals_total", "Calls that Google refused for quota.");
  // From the start, so that the first one is a step that `increase()` sees.
  for (const code of REFUSALS) refusals.add({ code }, 0);
  const failures = counter("gmail_export_failures_total", "Failures that stopped a run of an export, by code.");
  const runs = histogram(
    "gmail_export_run_duration_seconds",
    "Runs of exports, by how they ended, in seconds.",
    RUN_SECONDS,
  );
  const requests = histogram(
    "gmail_export_http_request_duration_seconds",
    "HTTP requests, from their head to the end of the answer, in seconds.",
    REQUEST_SECONDS,
  );

  const running = new Set<{ unitsPerMinuteAllowed: number }>();
  const allowed = gauge(
    "gmail_export_quota_units_per_minute_allowed",
    "Quota units a minute that the exports running now may spend together.",
    () => [[{}, [...running].reduce((sum, one) => sum + one.unitsPerMinuteAllowed, 0)]],
  );

  const count = (before: Progress, now: Progress): void => {
    for (const outcome of ["exported", "gone", "failed"] as const) {
      const more = now[outcome] - before[outcome];
      if (more > 0) messages.add({ outcome }, more); // fewer have failed once they are tried again
    }
  };

  return {
    answered({ method, route, status, seconds }) {
      requests.observe({ method, route, status: String(status) }, seconds);
    },
    pacer: (pacer) => ({
      get prices() {
        return pacer.prices;
      },
      charge: pacer.charge,
      async turn(method, signal, format) {
        const turn = await pacer.turn(method, signal, format);
        const sent = (): void => {
          calls.add({ method });
          units.add({ method }, pacer.prices[method]);
          turn.sent();
        };
        return { ...turn, sent };
      },
      refused(refusal, turn) {
        refusals.add({ code: refusal.code });
        pacer.refused(refusal, turn);
      },
      accepted: pacer.accepted,
      spent: pacer.spent,
      foresee: pacer.foresee,
      pace: pacer.pace,
    }),
    run: (run) => async (request, report, signal) => {
      const begun = clock.now();
      let outcome = "stopped"; // paused, cancelled, shut down, or lost to another worker
      const mine = { unitsPerMinuteAllowed: 0 };
      running.add(mine);
      let last: Progress | undefined; // the first report is what earlier runs have left
      const watch = (now: Progress): void => {
        if (last) count(last, now);
        last = now;
        mine.unitsPerMinuteAllowed = now.forecast?.unitsPerMinuteAllowed ?? 0;
        report(now);
      };
      try {
        const manifest = await run(request, watch, signal);
        outcome = ending(manifest);
        return manifest;
      } catch (error) {
        if (!signal.aborted) {
          outcome = "failed";
          failures.add({ code: failureOf(error)?.code ?? "internal" });
        }
        throw error;
      } finally {
        running.delete(mine);
        runs.observe({ outcome }, (clock.now() - begun) / 1000);
      }
    },
    text: () =>
      [messages, calls, units, allowed, refusals, failures, runs, requests].map((metric) => metric.text()).join(""),
  };
}

function ending(manifest: Manifest): string {
  return failuresOf(manifest).length > 0 ? "completed_with_failures" : "completed";
}
