import * as fc from "fast-check";

import { failureOf } from "../../src/core/errors.ts";
import type { Message } from "../../src/core/mail/mail.ts";
import { textBodiesToFetch, withContents } from "../../src/core/mail/parts.ts";
import { faultOfRecord } from "../../src/core/mail/record.ts";
import { idOf } from "../../src/formats/batch.ts";
import { toRecord } from "../../src/formats/to-record.ts";
import { parseHistory } from "../../src/sources/gmail-api/calls/history.ts";
import {
  parseAttachment,
  parseLabelIds,
  parseLabels,
  parseMessage,
  parseMessageList,
  parseProfile,
  parseThread,
} from "../../src/sources/gmail-api/calls/wire.ts";
import { corpus } from "../corpus.ts";
import { must, type Target } from "../target.ts";

const PARSERS = [
  parseThread,
  parseMessageList,
  parseHistory,
  parseLabelIds,
  parseLabels,
  parseProfile,
  parseAttachment,
];

/** Gmail's JSON, from each of its shapes to the record. */
export const message: Target = {
  name: "message",
  share: 300,
  async open() {
    const { messages, others } = await corpus();
    return {
      seeds: [...messages, ...others].map((json) => Buffer.from(json)),
      shapes: fc.json({ maxDepth: 6 }).map((json) => `{"id":"18c2","payload":${json}}`),
      async feed(input) {
        const json = parsed(input);
        for (const parse of PARSERS) refusedOr(() => parse(json));
        becomesRecord(parseMessage(json));
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

function becomesRecord(read: Message): void {
  const abc = parseAttachment({ data: "YWJj", size: 3 });
  const contents = new Map(textBodiesToFetch(read).map((part) => [part, abc]));
  const line = JSON.stringify(toRecord(withContents(read, contents), new Map([["INBOX", "__proto__"]])));
  must(faultOfRecord(JSON.parse(line)) === undefined, "no record", faultOfRecord(JSON.parse(line)));
  must(line.isWellFormed() && !/[\n\r]/.test(line), "not one line of Unicode");
  must(idOf(line)?.id === read.id, "the record's line does not name its message");
}

/** The program refuses what is not JSON before it gets here. */
function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString());
  } catch {
    return undefined;
  }
}

function refusedOr(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!failureOf(error)) throw error;
  }
}
