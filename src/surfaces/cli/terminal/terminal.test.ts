import { expect, test } from "vitest";

import type { Failure } from "../../../core/errors.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import { testTerminal } from "../testing.ts";
import { findingLines } from "../words/finding-lines.ts";
import { manifestLines, verdictLines } from "../words/report-lines.ts";
import { statusLines } from "../words/status-lines.ts";

/** Takes the clipboard (OSC 52), says that all is well, moves the cursor, hides, and turns the writing around. */
const HOSTILE =
  "a\u001b]52;c;ZXZpbA==\u0007\n\u001b[32m✓\u001b[39m Sound: 9 messages\r\u001b[2K\u001b[8m\u009b2J\t\u202egpj\u2028\u0085b";

const CONTROLS = /[^\n\P{Cc}]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test("a line stays one line and does nothing to the terminal, wherever it is written", async () => {
  const terminal = await testTerminal();
  terminal.data(HOSTILE, HOSTILE);
  terminal.row(HOSTILE, HOSTILE);
  terminal.inform(HOSTILE, HOSTILE);
  await terminal.drained();
  await expect.poll(terminal.stderr).toMatch(/b\n.*b\n$/s);
  expect(terminal.stdout().split("\n")).toHaveLength(4);
  expect(terminal.stderr().split("\n")).toHaveLength(3);
  expect(terminal.stdout().replaceAll(/b\ta/g, "")).not.toMatch(CONTROLS);
  expect(terminal.stderr()).not.toMatch(CONTROLS);
  expect(terminal.stderr()).toContain(String.raw`a\u001b]52;c;ZXZpbA==\u0007\u000a`);
});

test("JSON stays the same JSON", async () => {
  const terminal = await testTerminal();
  terminal.data(JSON.stringify({ [HOSTILE]: HOSTILE }));
  await terminal.drained();
  expect(terminal.stdout()).not.toMatch(CONTROLS);
  expect(JSON.parse(terminal.stdout())).toEqual({ [HOSTILE]: HOSTILE });
});

test("on a terminal in colours, nothing but the program's own colours is left", async () => {
  const terminal = await testTerminal(80);
  terminal.inform(`${terminal.paint.people("green", "✓")} ${HOSTILE}`);
  terminal.live(() => HOSTILE);
  await terminal.drained();
  await expect.poll(terminal.stderr).toContain("gpj");
  const said = terminal.stderr();
  for (const forbidden of ["\u001b]52", "\u001b[8m", "\u009b", "\u202e", "\u2028", "\t"])
    expect(said).not.toContain(forbidden);
});

const MANIFEST = {
  total_emails: 1,
  total_batches: 1,
  quota: { tier: "2026", units: 1, calls: {}, refused: 0 },
  failed: [],
  gone: [],
  complete: true,
} as unknown as Manifest;

const PLAIN = (_colour: string, text: string): string => text;

test.each<[string, readonly string[]]>([
  [
    "verify",
    verdictLines(
      {
        sound: false,
        manifest: MANIFEST,
        findings: [{ kind: "extra", subject: HOSTILE, detail: HOSTILE }],
        deletedSince: [],
        unprovenLabels: [],
      },
      false,
      PLAIN,
    ),
  ],
  ["export", manifestLines(HOSTILE, MANIFEST, PLAIN)],
  [
    "status",
    statusLines([{ email: HOSTILE, authenticated: true, granted_at: null, warning: HOSTILE } as never], PLAIN, 60),
  ],
  [
    "doctor",
    findingLines([{ id: "x", status: "fail", what: HOSTILE, why: HOSTILE, next: HOSTILE } as never], PLAIN, 60),
  ],
  ["a failure", [HOSTILE satisfies Failure["message"]]],
])(
  "what %s says of hostile names is as many lines as it was, and none of them says that all is well",
  async (_, lines) => {
    const terminal = await testTerminal();
    terminal.data(...lines);
    await terminal.drained();
    expect(terminal.stdout()).not.toMatch(CONTROLS);
    expect(terminal.stdout().trimEnd().split("\n")).toHaveLength(lines.length);
    expect(terminal.stdout()).not.toMatch(/^✓ Sound/m);
  },
);
