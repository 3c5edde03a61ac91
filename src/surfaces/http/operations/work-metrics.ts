import type { AllWork } from "../../../pipeline/all-work.ts";
import { gauge, type Labels } from "./exposition.ts";

/** What all workers do and have to do, whichever of them is asked: without a name of anybody. */
export function workMetrics({ workers, backlog, pace, limits, finishAt }: AllWork): string {
  const alone = (name: string, help: string, values: readonly number[]): string =>
    gauge(name, help, () => values.map((value) => [{}, value] as const)).text();
  const labelled = (name: string, help: string, series: readonly (readonly [Labels, number])[]): string =>
    gauge(name, help, () => series).text();
  return [
    labelled(
      "gmail_export_worker_exports",
      "Exports that each worker runs, of all processes together.",
      workers.map(({ id, exports }) => [{ worker: id }, exports.length]),
    ),
    labelled(
      "gmail_export_running_since_timestamp_seconds",
      "Since when each running export is run by its worker.",
      workers.flatMap(({ id, exports }) =>
        exports.map((one) => [{ export_id: one.id, worker: id }, one.since / 1_000] as const),
      ),
    ),
    alone("gmail_export_backlog_exports", "Exports that run, or go on by themselves.", [backlog.exports]),
    alone("gmail_export_backlog_units", "Quota units that those have still to spend, at list price.", [backlog.units]),
    alone(
      "gmail_export_project_quota_units_per_minute",
      "Quota units that all running exports spent within the last minute.",
      [pace.unitsThisMinute],
    ),
    alone(
      "gmail_export_project_quota_units_per_minute_limit",
      "Quota units a minute that the project may spend, all users together.",
      [limits.projectUnitsPerMinute],
    ),
    alone(
      "gmail_export_backlog_finish_timestamp_seconds",
      "When the backlog is done if nothing stands in the way; absent while that cannot be told.",
      finishAt === undefined ? [] : [finishAt / 1_000],
    ),
  ].join("");
}
