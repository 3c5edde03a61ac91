import { request } from "undici";

/** What s3rver answered, as a whole. */
export type Reply = Readonly<{ status: number; headers: Record<string, string>; body: Buffer }>;

export type Ask = Readonly<{ method: string; path: string; headers?: Readonly<Record<string, string>>; body?: Buffer }>;

/** The server that holds the objects of all test files. */
export async function askServer({ method, path, headers = {}, body }: Ask): Promise<Reply> {
  const {
    statusCode,
    headers: answered,
    body: content,
  } = await request(`${process.env["TEST_BUCKETS"]}${path}`, {
    method,
    headers,
    body: body ?? null,
  });
  const given = Object.entries(answered).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
  return { status: statusCode, headers: Object.fromEntries(given), body: Buffer.from(await content.arrayBuffer()) };
}

/** Objects under a prefix in the order of their keys. s3rver pages by its own order, and only the first version of the call. */
export async function listAll(bucket: string, prefix: string): Promise<Readonly<{ key: string; xml: string }>[]> {
  const found = new Map<string, string>();
  for (let marker = ""; ;) {
    const query = `prefix=${encodeURIComponent(prefix)}&marker=${encodeURIComponent(marker)}`;
    const { body } = await askServer({ method: "GET", path: `/${bucket}?${query}` });
    const page = body.toString();
    const entries = [...page.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, xml]) => xml!);
    for (const xml of entries) {
      marker = unescape(/<Key>(.*?)<\/Key>/s.exec(xml)![1]!);
      found.set(marker, xml);
    }
    if (!page.includes("<IsTruncated>true</IsTruncated>")) break;
  }
  return [...found]
    .map(([key, xml]) => ({ key, xml }))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function unescape(xml: string): string {
  return xml
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
