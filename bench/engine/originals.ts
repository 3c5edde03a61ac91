import { count, table, times } from "../markdown.ts";
import { setUp } from "./stage.ts";

/** Mail as people have it, and mail with as much attached as Gmail takes. */
const ORDINARY = { messages: 1_000, attachmentBytes: 400_000, bodyBytes: 10_000, perThread: 3 } as const;
const LARGEST = { attachmentBytes: 25_000_000, bodyBytes: 10_000, perThread: 1 } as const;

/** An export with attachments and originals beside a bare loop that fetches `raw` and writes it; then peak memory with the largest attachments. A table in Markdown. */
export async function measureOriginals(largest: number, progress: (text: string) => void): Promise<string> {
  const rows: string[][] = [];
  const shapes = [ORDINARY, { ...LARGEST, messages: largest }];
  for (const { messages, ...shape } of shapes) {
    await using stage = await setUp(messages, shape);
    const start = { ours: (await stage.startOurs()).cpuMs, bare: (await stage.startBareOriginals()).cpuMs };
    const ours = await stage.oursWithOriginals();
    progress(`originals: ${messages} messages exported`);
    const bare = await stage.bareOriginals();
    const cpu = (ours.cpuMs - start.ours) / (bare.cpuMs - start.bare);
    rows.push([
      `${count(messages)} messages, attachments of up to ${count(shape.attachmentBytes / 1e6, 1)} MB`,
      count(ours.bytes / 1e6),
      count(ours.units / messages, 2),
      `${count((ours.cpuMs - start.ours) / messages, 1)} ms, ${times(cpu)}`,
      `${count(ours.bytes / 1e6 / ours.seconds, 1)}, ${times(bare.seconds / ours.seconds)}`,
      count(ours.peakMb),
      count(bare.peakMb),
    ]);
  }
  const head = [
    "with attachments and originals",
    "MB of mail",
    "units a message",
    "CPU a message, beside the bare loop",
    "MB a second, beside the bare loop",
    "peak memory, MB",
    "the bare loop's, MB",
  ];
  return table(head, rows);
}
