import type { Finding, Status } from "../../doctor/finding.ts";
import { sign, wrap } from "./signs.ts";
import type { Paint } from "./terminal.ts";
import { plural } from "./words.ts";

/** A line for each finding; below those that are not ok, why it matters and what to do. */
export function findingLines(findings: readonly Finding[], paint: Paint, columns: number | undefined): string[] {
  return [
    ...findings.flatMap(({ status, what, why, next }) => [
      ...wrap(`${sign(status, paint)} `, what, 2, columns),
      ...(status === "ok"
        ? []
        : [
            ...wrap(`  ${paint("dim", "why ")}  `, why, 8, columns),
            ...wrap(`  ${paint("dim", "next")}  `, next, 8, columns),
          ]),
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
