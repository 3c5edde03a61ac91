import type { Finding, Status } from "../../pipeline/doctor/finding.ts";
import type { Terminal } from "./terminal.ts";
import { plural } from "./words.ts";

const SIGNS: Readonly<Record<Status, readonly [Parameters<Terminal["paint"]>[0], string]>> = {
  ok: ["green", "ok  "],
  warn: ["yellow", "warn"],
  fail: ["red", "FAIL"],
  skipped: ["dim", "skip"],
};

/** A line for each finding; below those that are not ok, why it matters and what to do. */
export function findingLines(findings: readonly Finding[], paint: Terminal["paint"]): string[] {
  return [
    ...findings.flatMap(({ status, what, why, next }) => [
      `${paint(...SIGNS[status])}  ${what}`,
      ...(status === "ok" ? [] : [`      Why:  ${why}`, `      Next: ${next}`]),
    ]),
    verdict(findings),
  ];
}

function verdict(findings: readonly Finding[]): string {
  const count = (wanted: Status): number => findings.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const warnings = plural(warned, "warning");
  if (failed > 0) return `${plural(failed, "thing stands", "things stand")} in the way, ${warnings}.`;
  return `Nothing stands in the way${warned > 0 ? `, ${warnings}` : ""}.`;
}
