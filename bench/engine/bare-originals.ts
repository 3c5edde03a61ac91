import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Pool } from "undici";

/**
 * The least that must be done for originals: fetches each message `raw`, ten at a time, decodes it whole and writes it, and
 * hashes it. No record, no attachment, nothing durable. Run with BENCH_URL, BENCH_TOKEN and BENCH_OUTPUT set; without them
 * it ends at once, which measures its start.
 */
const WIDTH = 10;
const { BENCH_URL: url, BENCH_TOKEN: token, BENCH_OUTPUT: output } = process.env;
if (url !== undefined && token !== undefined && output !== undefined) await fetchAll(url, token, output);

async function fetchAll(root: string, accessToken: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pool = new Pool(root, { connections: WIDTH });
  const headers = { authorization: `Bearer ${accessToken}` };
  const get = async <T>(resource: string): Promise<T> => {
    const answer = await pool.request({ method: "GET", path: `/gmail/v1/users/me/${resource}`, headers });
    return JSON.parse(Buffer.from(await answer.body.arrayBuffer()).toString());
  };
  const ids: string[] = [];
  let pageToken: string | undefined = "";
  while (pageToken !== undefined) {
    const page: { messages: { id: string }[]; nextPageToken?: string } = await get(
      `messages?maxResults=500&prettyPrint=false${pageToken && `&pageToken=${pageToken}`}`,
    );
    ids.push(...page.messages.map(({ id }) => id));
    pageToken = page.nextPageToken;
  }
  const left = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of left) {
      const { raw } = await get<{ raw: string }>(`messages/${id}?format=raw&prettyPrint=false`);
      const bytes = Buffer.from(raw, "base64url");
      createHash("sha256").update(bytes).digest();
      await writeFile(join(folder, `${id}.eml`), bytes);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  await pool.close();
}
