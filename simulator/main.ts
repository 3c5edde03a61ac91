import { chmod, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { simulateGoogle, type SimulatorOptions } from "./google.ts";
import { METER_NAMES, REFUSALS_NAME } from "./quota.ts";

const USAGE = `Usage: npm run simulator -- [--port N] [--messages N] [--seed N] [--per-thread X] [--latency-ms N]
         [--quota 2026|legacy] [--meter M] [--burst-seconds N] [--minute-began N]
         [--charge-refused] [--refusals-name W] [--full-price X] [--account EMAIL] [--body-bytes N] [--credentials FILE]

  --port N           where to listen (any free port)
  --messages N       size of the mailbox (1000)
  --seed N           another mailbox for another number
  --per-thread X     messages in a conversation, on average
  --latency-ms N     how long each answer takes
  --quota T          limits as Google sets them: 2026 or legacy (none when left out)
  --meter M          how a minute is counted: sliding, fixed (whole minutes) or bucket (sliding)
  --burst-seconds N  how many seconds of units a bucket holds (60)
  --minute-began N   whole minutes one after the other, the first of which began N seconds before the first call
                     (each begins with a call)
  --charge-refused   refused calls take what is left
  --refusals-name W  what refusals name: limit, window, both or nothing (the limit, and the window in a third)
  --full-price X     what reads in full really cost, times the list (1)
  --account EMAIL    whose mailbox (ada@example.com)
  --body-bytes N     bytes of text in each message
  --attachment-bytes N  with --body-bytes: an attachment in each as well, of up to so many bytes
  --credentials FILE write the client file there, for GOOGLE_CREDENTIALS_PATH
  --help             this

Serves OAuth and Gmail on 127.0.0.1 and prints one line of JSON: where, for which account, and the credentials file written.
`;

/** What a project of each tier is given. Concurrency: third parties met no refusal at 48 calls and some at 64. */
const TIERS = {
  "2026": { tier: "2026", unitsPerMinute: 6_000, projectUnitsPerMinute: 1_200_000, maxConcurrent: 50 },
  legacy: { tier: "legacy", unitsPerMinute: 15_000, projectUnitsPerMinute: 1_200_000, maxConcurrent: 50 },
} as const;

type Command = Readonly<{ account: string; credentials?: string; options: SimulatorOptions }>;

function oneOf<T extends string>(flag: string, given: string | undefined, choices: readonly T[]): T | undefined {
  const choice = choices.find((one) => one === given);
  if (given !== undefined && choice === undefined) throw new Error(`${flag} is one of ${choices.join(", ")}`);
  return choice;
}

/** Throws an Error that says which flag is wrong. */
function parse(args: readonly string[]): Command {
  const flag = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: flag,
      messages: flag,
      seed: flag,
      "per-thread": flag,
      "latency-ms": flag,
      quota: flag,
      meter: flag,
      "burst-seconds": flag,
      "minute-began": flag,
      "charge-refused": { type: "boolean" },
      "refusals-name": flag,
      "full-price": flag,
      account: flag,
      "body-bytes": flag,
      "attachment-bytes": flag,
      credentials: flag,
    },
  });
  const number = (
    name:
      | "port"
      | "messages"
      | "seed"
      | "per-thread"
      | "latency-ms"
      | "body-bytes"
      | "attachment-bytes"
      | "burst-seconds"
      | "minute-began"
      | "full-price",
    pattern = /^\d{1,9}$/,
  ) => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (!pattern.test(value)) throw new Error(`--${name} needs a number, not ${JSON.stringify(value)}`);
    return Number(value);
  };
  const account = values.account ?? "ada@example.com";
  if (!/^[^\s@]+@[^\s@]+$/.test(account)) throw new Error(`--account needs an address, not ${JSON.stringify(account)}`);
  const { quota } = values;
  if (quota !== undefined && quota !== "2026" && quota !== "legacy") throw new Error("--quota is 2026 or legacy");

  const shape = oneOf("--meter", values.meter, METER_NAMES);
  const refusalsName = oneOf("--refusals-name", values["refusals-name"], REFUSALS_NAME);
  const burstSeconds = number("burst-seconds", /^[1-9]\d{0,2}$/);
  const minuteBeganSeconds = number("minute-began", /^[0-5]?\d$/);
  const priceFactor = number("full-price", /^[1-9]\d?(\.\d+)?$/);
  const manners = {
    ...(shape && { shape }),
    ...(burstSeconds && { burstSeconds }),
    ...(minuteBeganSeconds !== undefined && { minuteBeganSeconds }),
    ...(values["charge-refused"] && { chargesRefused: true }),
    ...(refusalsName && { refusalsName }),
    ...(priceFactor && { priceFactor }),
  };
  if (quota === undefined && Object.keys(manners).length > 0) throw new Error("a meter needs --quota 2026 or legacy");
  if (burstSeconds !== undefined && shape !== "bucket") throw new Error("--burst-seconds needs --meter bucket");
  if (minuteBeganSeconds !== undefined && shape !== "fixed") throw new Error("--minute-began needs --meter fixed");

  const given = {
    port: number("port"),
    messages: number("messages"),
    seed: number("seed"),
    messagesPerThread: number("per-thread", /^\d{1,4}(\.\d+)?$/),
    latencyMs: number("latency-ms"),
    bodyBytes: number("body-bytes"),
    attachmentBytes: number("attachment-bytes"),
    quota: quota && { ...TIERS[quota], ...manners },
    accounts: [{ email: account }],
  };
  const options = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as SimulatorOptions;
  return {
    account,
    options,
    ...(values.credentials === undefined ? {} : { credentials: resolve(values.credentials) }),
  };
}

async function run({ account, credentials, options }: Command): Promise<void> {
  const google = await simulateGoogle(options);
  if (credentials !== undefined) {
    await writeFile(
      credentials,
      `${JSON.stringify(google.credentials)}
`,
      { mode: 0o600 },
    );
    // The mode above is only for a file that did not exist.
    await chmod(credentials, 0o600);
  }
  process.stdout.write(
    `${JSON.stringify({ url: google.url, account, ...(credentials === undefined ? {} : { credentials }) })}\n`,
  );
  const stop = () => void google[Symbol.asyncDispose]().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function fail(error: unknown, exitCode: number, help = ""): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${help}`);
  process.exitCode = exitCode;
}

let command: Command | undefined;
if (process.argv.includes("--help")) process.stdout.write(USAGE);
else
  try {
    command = parse(process.argv.slice(2));
  } catch (error) {
    fail(error, 2, USAGE);
  }
if (command !== undefined) await run(command).catch((error: unknown) => fail(error, 1));
