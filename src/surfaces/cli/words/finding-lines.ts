import type { Finding, Status } from "../../../doctor/finding.ts";
import { findingIn } from "../../words/french.ts";
import { sign, wrap } from "../terminal/signs.ts";
import type { Paint } from "../terminal/terminal.ts";
import { messagesIn, type Messages } from "./messages.ts";

/** A line for each finding; below those that are not ok, why it matters and what to do. */
export function findingLines(
  findings: readonly Finding[],
  paint: Paint,
  columns: number | undefined,
  w: Messages = messagesIn("en"),
): string[] {
  const lines: string[] = [];
  const labels = `  ${w.why}  `.length;
  for (const finding of findings) {
    const { status, what, why, next } = findingIn(w.language, finding);
    lines.push(...wrap(`${sign(status, paint)} `, what, 2, columns));
    if (status === "ok") continue;
    lines.push(
      ...wrap(`  ${paint("dim", w.why)}  `, why, labels, columns),
      ...wrap(`  ${paint("dim", w.next)}  `, next, labels, columns),
    );
  }
  return [...lines, verdict(findings, w)];
}

function verdict(findings: readonly Finding[], w: Messages): string {
  const count = (wanted: Status): number => findings.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  return failed > 0 ? w.inTheWay(failed, warned) : w.nothingInTheWay(warned);
}
