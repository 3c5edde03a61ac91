import { refuse } from "../../src/core/errors.ts";
import { runCommand } from "../../src/surfaces/cli/program.ts";
import { must, type Target } from "../target.ts";

const LINES = [
  "export\0ada@example.com\0--max-emails\x0010\0--output-dir\0data/x\0--batch-size\x00100\0--query\0is:unread",
  "export\0ada@example.com\0--label\0INBOX\0L_1\0--include-spam-trash\0--dry-run",
  "login\0ada@example.com\0--no-browser",
  "--json\0status",
  "verify\0data/ada@example.com\0--online",
  "logout\0ada@example.com",
  "serve\0--port\x008000",
  "serve\0--no-work",
  "worker",
  "demo\0--messages\x00100",
  "doctor",
  "rotate-key",
  "--help",
  "export\0--help",
  "--version",
  "",
];

/** What may be typed, arguments between zero bytes: it is understood, or refused with how to type it. */
export const commandLine: Target = {
  name: "command-line",
  share: 50,
  async open() {
    return {
      seeds: LINES.map((line) => Buffer.from(line)),
      async feed(input) {
        const said: string[] = [];
        let asked = false;
        const reached = async (): Promise<never> => {
          asked = true;
          throw refuse("directory_busy", "Understood.", "Go on.");
        };
        const code = await runCommand(
          input.toString().split("\0"),
          {
            version: "0",
            language: "en",
            calledAs: "gmail-export",
            machine: { now: () => 0, timeZone: "UTC", program: ["node", "gmail-export.js"], directory: "/" },
            terminal: {
              data: (...lines) => void said.push(...lines),
              send: async () => true,
              row: (...cells) => void said.push(...cells),
              paint: { data: (_, text) => text, people: (_, text) => text },
              inform: (...lines) => void said.push(...lines),
              hint: (text) => void said.push(text),
              columns: () => undefined,
              hasLiveLine: false,
              live() {},
              settle() {},
              ask: async () => undefined,
              drained: async () => undefined,
            },
            services: reached,
            doctor: reached,
            signedIn: reached,
            serve: reached,
            work: reached,
            moveState: reached,
            demo: reached,
          },
          new AbortController().signal,
        );
        must(asked ? code === 8 : code === 0 || code === 2, "another exit code", String(code));
        must(code === 0 || said.length > 0, "refused without a word");
        return said;
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
