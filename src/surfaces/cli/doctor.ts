import type { Finding, Status } from "../../doctor/finding.ts";
import { sign, wrap } from "./signs.ts";
import type { Paint } from "./terminal.ts";
import { plural } from "./words.ts";

/** A line for each finding; below those that are not ok, why it matters and what to do. */
export function findingLines(findings: readonly Finding[], paint: Paint, columns: number | undefined): string[] {
  return [
    ...findings.flatMap(({ status, what, why, next }) => [
      `${sign(status, paint)} ${wrap(what, 2, columns)}`,
      ...(status === "ok"
        ? []
        : [
            `  ${paint("dim", "why ")}  ${wrap(why, 8, columns)}`,
            `  ${paint("dim", "next")}  ${wrap(next, 8, columns)}`,
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
