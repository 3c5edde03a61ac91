import { availableParallelism } from "node:os";

import { SMALL, type Measured } from "./engine/engine.ts";
import { count, median, percent, spread, table, times } from "./markdown.ts";
import { COLD, GROUPS, REMEMBERED, type Result } from "./quota/scenarios.ts";

const INTRODUCTION = `# How fast, and at what cost

Written by \`npm run bench\`; \`npm run bench -- --help\` lists what can be chosen. Every number is a count or a ratio of things measured in the same run, so that another machine should find about the same. Times are virtual ones: what Google's limits and 100 ms a call make of them, not how fast a processor is.
`;

const QUOTA = `## Speed under Google's limits

Speed is quota: a project may spend so many units a minute for a user, and every call has its price ([Google's list](https://developers.google.com/workspace/gmail/api/reference/quota)). Each way of reading a mailbox runs against a server of its own, which counts units in one of three manners and refuses as Google does: *whole minutes* from the first call on, *the last minute* at any moment, or a *bucket* that units flow into evenly and that holds five seconds of them. Nothing tells gmail-export which it is, nor which tier. A call takes 100 ms; refused calls cost nothing, which favours those that are refused often. Conversations hold three messages on the average: many of one, a few of dozens. Everything happens in virtual time and comes out the same at every run.

- **gmail-export** is its own pipeline, from the listing to the last message, without sign-in and disk. *Nothing known*: its first export with this project. *Tier remembered*: the ones after it.
- **One get at a time, 50 ms pause** is the module that this project replaces.
- **10 gets in flight**: ten workers, a get for each message.
- **Bursts of 10 gets**: as batch requests send them; what was refused goes again together.
- *Tries*: the others wait 1, 2, 4 … 32 s (and up to a second more) after a refusal, as Google's guide says, and give a message up after 6 tries; or 2, 4, 8 … 60 s and 10 tries, as got-your-back does. Client libraries by default give up sooner.

*Of the best*: messages a minute beside what the limit allows when it is spent evenly on the fewest units. That much every one of the servers allows. A server that counts minutes would let a whole minute's units through in the first second, a bucket would not; so a way that begins with a burst may be above 100 % where the mailbox is hardly more than a burst. *Units a message* are those that were charged; *least* is what the planner's problem allows, reckoned apart from the planner: each conversation whole or message by message, and the listing.

Where gmail-export is not the fastest: it does not begin with a burst, since a bucket would refuse it, and a legacy project that it does not know yet it takes for a new one until what it spent proves otherwise, a third of a minute. A legacy mailbox so small that it is read within that time is read sooner by ten gets at full tilt, where the server bears it.
`;

const METERS = `## Whatever the meter

Google does not say how it counts a minute, so the pacer ([pacing.md](pacing.md)) is run against eight meters: whole minutes, the last minute, and buckets of 1 to 60 s, each with refusals that name their limit, their window, both or nothing, charged or free, at 20 to 400 ms a call, for mailboxes of 1 to 6 messages a conversation. Twelve minutes each, in virtual time. *Beside the best*: what the limit allows when it is spent evenly, or what ten calls in flight allow where that is less. A minute after a burst owes what the burst had beyond its own; a minute in which the server changes, and the one after it, are not judged.
`;

const ENGINE = `## The engine

Far from any limit: \`gmail-export export\` as a person starts it, against the simulated Google in another process, with 10 kB of text in each message. Beside it a bare loop (\`bench/engine/bare.ts\`) that fetches the same answers, ten at a time, parses them, decodes the bodies and writes the same lines, checked to be the same; it paces nothing, keeps no order, makes nothing durable, hashes nothing, and knows no other mail than this. CPU is that of the whole process with all its threads, less that of its start (an export that finds nothing; the bare loop with nothing to do). Both take turns; ratios are medians, with the least and the greatest behind them where there were several rounds. Memory is the peak resident set.
`;

const ORIGINALS = `## Attachments and originals

\`gmail-export export --attachments --formats eml\` as a person starts it, far from any limit, against the simulated Google in another process, which makes each message as it is asked for. Beside it a bare loop (\`bench/engine/bare-originals.ts\`) that fetches each message \`raw\`, ten at a time, decodes it whole, hashes and writes it; it makes no record, takes no attachment out, and nothing of it is durable. Each message has 10 kB of text and an attachment of an eighth of the largest up to all of it; bytes are those of the originals. Seconds are those of the whole process.
`;

const UPDATES = `## Kept current

Runs on an export of 100,000 messages in a mailbox of 20 labels, of which a message has four at the most, against the simulated Google, with files on this machine's disk. *100 changes* are of five kinds, all over the mailbox: mail that came, was deleted, moved to the trash, labelled, and read. *A deleted label* is that of people's own which most messages have: Gmail takes it off all of them at once, and no history tells of it. Calls are counted at Google's prices; *seconds at 6,000 units a minute* is what those units take at the limit of the 2026 tier, *seconds of work* what the run took in one process with the simulator, without any limit.
`;

const SUMMARY = "## In short\n";

/** docs/bench.md, or as much of it as was measured. */
export function report(
  results: readonly Result[],
  measured: readonly Measured[],
  meters?: string,
  largeMailMb?: number,
  originals?: string,
  updates?: string,
): string {
  const parts = [INTRODUCTION, SUMMARY, `${summary(results, measured, largeMailMb)}\n`];
  if (results.length > 0) {
    parts.push(QUOTA);
    for (const group of Object.values(GROUPS))
      parts.push(`### ${group}\n`, `${quotaTable(results.filter((result) => result.group === group))}\n`);
  }
  if (meters !== undefined) parts.push(METERS, `${meters}\n`);
  if (measured.length > 0)
    parts.push(
      ENGINE,
      `${engineTable(measured)}\n`,
      `Measured with Node ${process.versions.node} on ${availableParallelism()} cores.\n`,
    );
  if (originals !== undefined) parts.push(ORIGINALS, `${originals}\n`);
  if (updates !== undefined) parts.push(UPDATES, `${updates}\n`);
  return parts.join("\n");
}

function summary(results: readonly Result[], measured: readonly Measured[], largeMailMb: number | undefined): string {
  const rows: string[][] = [];
  const ours = results.filter((result) => result.ours);
  const of = (group: string, way?: string) =>
    ours.filter((result) => result.group === group && (way === undefined || result.way === way));
  const leastShare = (some: readonly Result[]): string => percent(Math.min(...some.map(({ share }) => share)));

  if (results.length > 0) {
    rows.push(
      ["2026 tier, nothing known: of the best, at least", leastShare(of(GROUPS["2026"], COLD)), "95 %"],
      ["2026 tier: refused per 1,000 calls, at most", count(mostRefused(of(GROUPS["2026"])), 1), "10"],
      ["Legacy tier, nothing known, 10,000 messages: of the best", legacyFromCold(ours), "90 %"],
      ["Legacy tier, remembered: of the best, at least", leastShare(of(GROUPS.legacy, REMEMBERED)), "90 %"],
      ["Prices 2.5 times the list: of the best, at least", leastShare(of(GROUPS.overpriced)), "90 %"],
      ["Prices 2.5 times the list: refused per 1,000 calls, at most", count(mostRefused(of(GROUPS.overpriced)), 1), ""],
      ["Units a message beside the least, at most", times(Math.max(...ours.map(beyondLeast))), "1"],
      ["Messages lost", count(ours.reduce((sum, { messages, brought }) => sum + messages - brought, 0)), "0"],
      ["Beside the best other way at the 2026 tier, at least", times(Math.min(...leads(results))), ""],
    );
  }
  const small = measured.find(({ messages }) => messages === SMALL);
  const largest = measured.at(-1);
  if (small && largest)
    rows.push(
      ["CPU a message beside the bare loop", spread(ratiosOf(small, "cpuMs")), "≤ 2"],
      [`Peak memory with ${count(largest.messages)} messages, MB`, count(peakOf(largest)), "< 250"],
      [`… beside that with ${count(SMALL)}`, times(peakOf(largest) / peakOf(small)), "≤ 1.3"],
      [
        `CPU a message with ${count(largest.messages)} beside ${count(SMALL)}`,
        times(cpuOf(largest) / cpuOf(small)),
        "≤ 1",
      ],
    );
  if (largeMailMb !== undefined)
    rows.push(["Peak memory with conversations of up to 128 MB (EXPORT_MEMORY_MB=96), MB", count(largeMailMb), ""]);
  return table(["", "measured", "target"], rows);
}

function legacyFromCold(ours: readonly Result[]): string {
  const result = ours.find(({ group, shape, way }) => group === GROUPS.long && shape === "legacy tier" && way === COLD);
  return percent(result?.share ?? 0);
}

function mostRefused(results: readonly Result[]): number {
  return Math.max(...results.map(({ seen }) => (1_000 * seen.refused) / seen.calls));
}

function beyondLeast({ seen, unitsAtLeast }: Result): number {
  return seen.charged / unitsAtLeast;
}

/** How much faster we are, nothing known, than the fastest other way on the same server of the 2026 tier. */
function leads(results: readonly Result[]): number[] {
  const tier = results.filter(({ group }) => group === GROUPS["2026"]);
  return tier
    .filter(({ way }) => way === COLD)
    .map((ours) => {
      const others = tier.filter((result) => !result.ours && result.shape === ours.shape);
      return ours.share / Math.max(...others.map(({ share }) => share));
    });
}

function quotaTable(results: readonly Result[]): string {
  const head = [
    "Server: way",
    "messages a minute",
    "of the best",
    "units a message (least)",
    "refused per 1,000 calls",
    "lost",
    "minutes",
  ];
  const rows = results.map((result) => {
    const { shape, way, ours, brought, messages, minutes, seen } = result;
    return [
      `${shape}: ${ours ? `**${way}**` : way}`,
      count(brought / minutes),
      percent(result.share),
      `${count(seen.charged / brought, 2)} (${count(result.unitsAtLeast / messages, 2)})`,
      count((1_000 * seen.refused) / seen.calls, 1),
      count(messages - brought),
      count(minutes, 1),
    ];
  });
  return table(head, rows);
}

function engineTable(measured: readonly Measured[]): string {
  const small = measured.find(({ messages }) => messages === SMALL)!;
  const head = [
    "Messages",
    "rounds",
    "CPU a message beside the bare loop",
    `CPU a message beside ${count(SMALL)}`,
    "peak memory, MB",
    `beside ${count(SMALL)}`,
    "the bare loop's, MB",
  ];
  const rows = measured.map((one) => [
    count(one.messages),
    count(one.ours.length),
    spread(ratiosOf(one, "cpuMs")),
    times(cpuOf(one) / cpuOf(small)),
    count(peakOf(one)),
    times(peakOf(one) / peakOf(small)),
    count(median(one.bare.map(({ peakMb }) => peakMb))),
  ]);
  return table(head, rows);
}

const ratiosOf = ({ ours, bare }: Measured, of: "cpuMs"): number[] =>
  ours.map((run, round) => run[of] / bare[round]![of]);
const cpuOf = ({ ours }: Measured): number => median(ours.map(({ cpuMs }) => cpuMs));
const peakOf = ({ ours }: Measured): number => median(ours.map(({ peakMb }) => peakMb));
