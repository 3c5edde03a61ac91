import {
  PRICES,
  PROJECT_UNITS_PER_DAY,
  PROJECT_UNITS_PER_MINUTE,
  UNITS_PER_MINUTE,
  type Tier,
} from "../../src/core/quota.ts";
import { mostUnits } from "../../src/pipeline/domain/forecast-domain.ts";
import { BEAT_MS } from "../../src/pipeline/worker.ts";
import { count, percent, table } from "../markdown.ts";
import { simulateDomain, type Simulated } from "./simulate-domain.ts";

const MAILBOXES = 10_000;
const MESSAGES = 50_000;

/** What EXPORT_CONCURRENCY is here, for every worker. */
const CONCURRENCY = 8;

/** `batch_size` unless something else is asked for. */
const BATCH_SIZE = 5_000;

/** An access token lives for an hour. */
const TOKEN_MINUTES = 60;

type Row = Readonly<{ name: string; workers: number; tier: Tier; run: Simulated }>;

/** As many a minute as make 80,000,000 a day. */
const WITHIN_DAY = Math.floor(PROJECT_UNITS_PER_DAY / (24 * 60));

/** Units of a mailbox whose conversations have so many messages on the average. */
const unitsOf = (tier: Tier, perConversation: number, messages = MESSAGES): number =>
  mostUnits({ messages, conversations: Math.ceil(messages / perConversation) }, tier);

const alike = (units: number): number[] => Array.from({ length: MAILBOXES }, () => units);

/** The same number of messages in all, but one in ten mailboxes has as many as the other nine together. */
function skewed(tier: Tier): number[] {
  const [large, small] = [MESSAGES * 5, (MESSAGES * 5) / 9];
  return Array.from({ length: MAILBOXES }, (_, n) => unitsOf(tier, 2, Math.round(n % 10 === 9 ? large : small)));
}

function rows(): readonly Row[] {
  const row = (
    name: string,
    { tier = "2026" as Tier, workers = 25, limit = PROJECT_UNITS_PER_MINUTE, mailboxes = alike(unitsOf(tier, 2)) },
  ): Row => ({
    name,
    workers,
    tier,
    run: simulateDomain({
      mailboxes,
      workers,
      concurrency: CONCURRENCY,
      unitsPerMinute: UNITS_PER_MINUTE[tier],
      projectUnitsPerMinute: limit,
    }),
  });
  return [
    row(`within a day's units (\`GMAIL_PROJECT_UNITS_PER_MINUTE=${WITHIN_DAY}\`)`, { workers: 2, limit: WITHIN_DAY }),
    row("three workers", { workers: 3 }),
    row("as many workers as fill the project's limit", {}),
    row("twice as many", { workers: 50 }),
    row("conversations of five messages", { mailboxes: alike(unitsOf("2026", 5)) }),
    row("one mailbox in ten as large as nine others together", { mailboxes: skewed("2026") }),
    row("an old project (`legacy`)", { tier: "legacy", workers: 10 }),
  ];
}

const days = ({ minutes }: Simulated): string => (minutes / 1_440).toFixed(1);

/** What stands between the two marks of docs/operations/ten-thousand-mailboxes.md. */
export function reportDomain(): string {
  const { "messages.get": get, "threads.get": thread, "messages.list": list } = PRICES["2026"];
  const one = unitsOf("2026", 2);
  const all = rows();
  const full = all[2]!.run;
  const batches = Math.ceil(MESSAGES / BATCH_SIZE);
  return [
    "## What it takes",
    "",
    `A mailbox of ${count(MESSAGES)} messages, two in a conversation, takes ${count(one)} units in the 2026 tier: ${get} for each message, or ${thread} for each conversation, which is the same with two, and ${list} for each 500 that are listed. Its own limit of ${count(UNITS_PER_MINUTE["2026"])} a minute makes that ${count(one / UNITS_PER_MINUTE["2026"])} minutes. ${count(MAILBOXES)} of them take ${count(one * MAILBOXES)} units; the project's limit of ${count(PROJECT_UNITS_PER_MINUTE)} a minute is that of ${PROJECT_UNITS_PER_MINUTE / UNITS_PER_MINUTE["2026"]} mailboxes at once.`,
    "",
    table(
      [
        "",
        "workers",
        "mailboxes at once",
        "days",
        "of the limit a minute",
        "units on the dearest day",
        "days beyond 80,000,000",
      ],
      all.map(({ name, workers, run }) => [
        name,
        String(workers),
        count(run.mostAtOnce),
        days(run),
        percent(run.shareOfLimit),
        count(run.mostOfDay),
        String(run.daysBeyond),
      ]),
    ),
    "",
    `Each worker runs ${CONCURRENCY} exports at once (\`EXPORT_CONCURRENCY=${CONCURRENCY}\`). More workers than fill the limit bring nothing.`,
    "",
    "## Money",
    "",
    `Google calls ${count(PROJECT_UNITS_PER_DAY)} units a day the threshold of billing. Nothing is charged yet: prices are promised for later in 2026, with 90 days' notice, and the threshold cannot be raised. What would be billed, whatever a unit then costs:`,
    "",
    table(
      ["", "units beyond the threshold"],
      all.map(({ name, run }) => [name, count(run.unitsBeyond)]),
    ),
    "",
    "Old projects have no published threshold a day until Google moves them to the new limits; the row of `legacy` says what it would be with one.",
    "",
    "## The database",
    "",
    `Every running export renews its lease and writes its progress every ${BEAT_MS} ms, in a transaction of its own.`,
    "",
    table(
      ["", "leases renewed a second", "in all"],
      all.map(({ name, run }) => [
        name,
        count(run.mostAtOnce * (1_000 / BEAT_MS)),
        count(run.meanAtOnce * run.minutes * 60 * (1_000 / BEAT_MS)),
      ]),
    ),
    "",
    "## Tokens and objects",
    "",
    table(
      ["", "in all"],
      [
        [
          "access tokens bought, at full speed",
          count(MAILBOXES * Math.ceil((full.meanAtOnce * full.minutes) / MAILBOXES / TOKEN_MINUTES)),
        ],
        [`batches of ${count(BATCH_SIZE)} records`, count(MAILBOXES * batches)],
        ["manifests", count(MAILBOXES)],
        ["with `mbox`, more", count(MAILBOXES * batches)],
        ["with `eml`, more: an object for each message", count(MAILBOXES * MESSAGES)],
        ["bytes, for each kilobyte that a record has", `${count((MAILBOXES * MESSAGES) / 1e6)} GB`],
      ],
    ),
  ].join("\n");
}
