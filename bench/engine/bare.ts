import { open } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

import { decodeHTMLStrict } from "entities";
import { Pool } from "undici";

/**
 * The least that must be done: fetches the same answers as an export of plain messages, ten at a time, parses them, decodes
 * the bodies and writes the same lines. No pacing, no order, nothing durable, no hashes, no care for what mail can hold.
 * Run with BENCH_URL, BENCH_TOKEN and BENCH_OUTPUT set; without them it ends at once, which measures its start.
 */
type Message = Readonly<{
  id: string;
  threadId: string;
  labelIds?: string[];
  snippet: string;
  internalDate: string;
  sizeEstimate: number;
  payload: { headers: { name: string; value: string }[]; body: { data: string } };
}>;

const WIDTH = 10;
const { BENCH_URL: url, BENCH_TOKEN: token, BENCH_OUTPUT: output } = process.env;
if (url !== undefined && token !== undefined && output !== undefined) await bring(url, token, output);

async function bring(root: string, accessToken: string, path: string): Promise<void> {
  const pool = new Pool(root, { connections: WIDTH });
  const headers = { authorization: `Bearer ${accessToken}`, "accept-encoding": "gzip", "user-agent": "bare (gzip)" };
  const get = async <T>(resource: string): Promise<T> => {
    const answer = await pool.request({ method: "GET", path: `/gmail/v1/users/me/${resource}`, headers });
    return JSON.parse(gunzipSync(Buffer.from(await answer.body.arrayBuffer())).toString());
  };

  const { labels } = await get<{ labels: { id: string; name: string }[] }>("labels");
  const names = new Map(labels.map(({ id, name }) => [id, name]));

  const conversations = new Map<string, string[]>();
  let pageToken: string | undefined = "";
  while (pageToken !== undefined) {
    const page: { messages: { id: string; threadId: string }[]; nextPageToken?: string } = await get(
      `messages?maxResults=500&prettyPrint=false${pageToken && `&pageToken=${pageToken}`}`,
    );
    for (const { id, threadId } of page.messages) {
      const ids = conversations.get(threadId);
      if (ids) ids.push(id);
      else conversations.set(threadId, [id]);
    }
    pageToken = page.nextPageToken;
  }

  await using file = await open(path, "w");
  const left = conversations.entries();
  const worker = async (): Promise<void> => {
    for (const [threadId, ids] of left) {
      const messages =
        ids.length > 1
          ? (await get<{ messages: Message[] }>(`threads/${threadId}?prettyPrint=false`)).messages
          : [await get<Message>(`messages/${ids[0]!}?prettyPrint=false`)];
      await file.write(messages.map((message) => `${JSON.stringify(recordOf(message, names))}\n`).join(""));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  await pool.close();
}

function recordOf({ payload, labelIds = [], ...message }: Message, names: ReadonlyMap<string, string>): object {
  const header = (name: string): string => payload.headers.find((one) => one.name.toLowerCase() === name)?.value ?? "";
  return {
    "Message-ID": message.id,
    "Thread-ID": message.threadId,
    Labels: labelIds,
    Date: header("date"),
    From: header("from"),
    To: header("to"),
    Subject: header("subject"),
    Body: { plain: Buffer.from(payload.body.data, "base64url").toString(), html: "" },
    Attachments: [],
    Snippet: decodeHTMLStrict(message.snippet),
    Cc: header("cc"),
    Bcc: header("bcc"),
    "Reply-To": header("reply-to"),
    "Internal-Date": new Date(Number(message.internalDate)).toISOString(),
    "Label-Names": labelIds.map((id) => names.get(id) ?? id),
    "RFC822-Message-ID": header("message-id"),
    "In-Reply-To": header("in-reply-to"),
    References: header("references"),
    "Size-Estimate": message.sizeEstimate,
  };
}
