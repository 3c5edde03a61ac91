/** Google's files have some hundred bytes, and the server takes no more than this. */
const MOST_BYTES = 64 * 1024;

/** What a person chose or dropped, parsed; undefined when it can be no client file. Who owns the meaning is the server. */
export async function readClientFile(file: Blob): Promise<unknown> {
  if (file.size > MOST_BYTES) return undefined;
  try {
    return JSON.parse(await file.text());
  } catch {
    return undefined; // no JSON, or a folder
  }
}
