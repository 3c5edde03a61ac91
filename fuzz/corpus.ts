import { gzipSync } from "node:zlib";

import { simulateGoogle } from "../simulator/google.ts";
import { parseMessageList } from "../src/sources/gmail-api/calls/wire.ts";
import { gmailReader } from "../test/gmail-reader.ts";
import { MARKS } from "./marks.ts";

/** Answers of the simulated Gmail, as JSON: every shape that the program reads, over mail of every kind, with marks in it. */
export type Corpus = Readonly<{
  messages: readonly string[];
  others: readonly string[];
  errors: readonly string[];
}>;

let made: Promise<Corpus> | undefined;

export function corpus(): Promise<Corpus> {
  return (made ??= make());
}

async function make(): Promise<Corpus> {
  await using google = await simulateGoogle({ messages: 90 });
  google.mailbox().add({
    subject: MARKS.subject,
    to: `${MARKS.address}@example.com`,
    plain: MARKS.body,
    html: `<p>${MARKS.body}</p>`,
    attachments: [{ filename: MARKS.filename, mimeType: "image/png", bytes: Buffer.from(MARKS.body) }],
  });
  const get = await gmailReader(google);
  const read = async (path: string): Promise<string> => JSON.stringify(await get(path));
  const listing = await read("messages?maxResults=500&includeSpamTrash=true");
  const { refs } = parseMessageList(JSON.parse(listing));
  const messages: string[] = [];
  for (const { id } of refs) messages.push(await read(`messages/${id}?format=full`));
  const [{ id, threadId }] = [refs[0]!];
  return {
    messages: messages.filter((json) => json.length < 30_000),
    others: [
      listing.slice(0, 4_000),
      JSON.stringify({ ...JSON.parse(listing), messages: refs.slice(0, 3), nextPageToken: MARKS.query }),
      await read(`threads/${threadId}?format=full`),
      await read("profile"),
      await read("labels"),
      JSON.stringify({ labels: [{ id: "Label_1", name: MARKS.label }] }),
      JSON.stringify({
        history: [{ id: "2", messagesAdded: [{ message: { id, threadId, labelIds: [] } }] }],
        historyId: "3",
      }),
      JSON.stringify({ size: 3, data: "YWJj" }),
    ],
    errors: ERRORS.map((error) => JSON.stringify({ error })),
  };
}

/** gmail-api.md §6.3. */
const ERRORS: readonly object[] = [
  {
    code: 404,
    message: `Requested entity was not found: ${MARKS.body}`,
    errors: [{ reason: "notFound" }],
    status: "NOT_FOUND",
  },
  { code: 400, message: "Invalid pageToken", errors: [{ reason: "invalidArgument" }], status: "INVALID_ARGUMENT" },
  {
    code: 403,
    message: "User-rate limit exceeded.  Retry after 2026-11-23T10:00:00.000Z",
    errors: [{ reason: "userRateLimitExceeded" }],
  },
  {
    code: 403,
    message:
      "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'gmail.googleapis.com'",
    status: "RESOURCE_EXHAUSTED",
    details: [
      {
        reason: "RATE_LIMIT_EXCEEDED",
        metadata: {
          quota_limit: "defaultPerMinutePerUser",
          quota_unit: "1/min/{project}/{user}",
          quota_limit_value: "6000",
          window_start_time: "1795426200",
        },
      },
    ],
  },
  {
    code: 403,
    message:
      "Gmail API has not been used. Enable it by visiting https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1 then retry.",
    errors: [{ reason: "accessNotConfigured" }],
    details: [
      {
        reason: "SERVICE_DISABLED",
        metadata: { activationUrl: "https://console.developers.google.com/apis/api/gmail?project=1" },
      },
    ],
  },
  {
    code: 401,
    message: `Invalid Credentials ${MARKS.accessToken}`,
    errors: [{ reason: "authError" }],
    status: "UNAUTHENTICATED",
  },
];

/** Small, and large once it is unpacked. */
export const bomb = (): Buffer => gzipSync(Buffer.alloc(32 << 20, " "));
