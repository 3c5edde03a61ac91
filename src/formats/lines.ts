const NEWLINE = 0x0a;

/** One line without its newline, and where in the file it begins. `ended` is false for a last line that has no newline. */
export type Line = Readonly<{ bytes: Buffer; start: number; ended: boolean }>;

/** The lines of a file's chunks, one at a time; `onChunk` sees all bytes as they pass. Memory is that of the longest line. */
export async function* linesIn(chunks: AsyncIterable<Buffer>, onChunk?: (chunk: Buffer) => void): AsyncGenerator<Line> {
  let held: Buffer[] = [];
  let start = 0;
  for await (const chunk of chunks) {
    onChunk?.(chunk);
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const bytes = held.length === 0 ? chunk.subarray(from, at) : Buffer.concat([...held, chunk.subarray(from, at)]);
      yield { bytes, start, ended: true };
      held = [];
      start += bytes.length + 1;
      from = at + 1;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
  }
  if (held.length > 0) yield { bytes: Buffer.concat(held), start, ended: false };
}
