import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { parseSync } from "vite";
import { describe, expect, test } from "vitest";

import { faultOfRecord } from "../src/core/mail/record.ts";
import { toRecord } from "../src/formats/to-record.ts";
import { NewExport } from "../src/surfaces/http/exports/new-export.ts";
import { HELP_SENTENCES } from "../src/surfaces/words/commands.fr.ts";
import { DIFFERENCE_SENTENCES } from "../src/surfaces/words/differences.fr.ts";
import { FAILURES_IN_FRENCH } from "../src/surfaces/words/failures.fr.ts";
import { FINDING_SENTENCES } from "../src/surfaces/words/findings.fr.ts";
import { failureInFrench, inFrench as told } from "../src/surfaces/words/french.ts";
import { FAILURE_SENTENCES } from "../src/surfaces/words/sentences.fr.ts";
import { USAGE_SENTENCES } from "../src/surfaces/words/usage.fr.ts";
import { message as mail } from "./messages.ts";

const SOURCE = join(import.meta.dirname, "..", "src");
const CLI = join(SOURCE, "surfaces", "cli");

/** With the spaces at which no line breaks as plain ones. */
const plain = (text: string): string => text.replaceAll("\u00A0", " ");

const inFrench = (sentence: string): string | undefined => {
  const french = told(sentence);
  return french === undefined ? undefined : plain(french);
};

/** Which arguments of what makes a failure or a finding are sentences for people. */
const MAKERS: Readonly<Record<string, readonly number[]>> = {
  refuse: [1, 2],
  transient: [1],
  ok: [1],
  warn: [1, 2, 3],
  fail: [1, 2, 3],
  skipped: [1, 2, 3],
  find: [2], // what a check finds
  InvalidArgumentError: [0], // commander's
};

// oxlint-disable-next-line typescript/no-explicit-any -- ESTree's nodes, of which a few fields are looked at
type Node = any;

/** Stands where a sentence has something put in: a text that is no sentence of ours. */
const PUT_IN = "\u2042x\u2042";

/** The texts an expression may have, as far as it is written out. */
function textsOf(node: Node): string[] {
  switch (node?.type) {
    case "Literal":
      return [typeof node.value === "string" ? node.value : PUT_IN];
    case "TemplateLiteral":
      return [
        node.quasis
          .map((piece: Node) => piece.value.cooked)
          .join(PUT_IN)
          .replaceAll(`${PUT_IN}${PUT_IN}`, PUT_IN),
      ];
    case "BinaryExpression":
      return textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right));
    case "ParenthesizedExpression":
      return textsOf(node.expression);
    case "ConditionalExpression":
      return [...textsOf(node.consequent), ...textsOf(node.alternate)];
    default:
      return [PUT_IN];
  }
}

/** Words of the program's own, and not only what is put in. */
const isSentence = (text: string): boolean => /[A-Za-z]{3,}.*\s/.test(text.replaceAll(PUT_IN, ""));

/** A node and all that are in it. */
function* nodesIn(node: Node): Generator<Node> {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node)) yield node;
  for (const child of Object.values(node)) yield* nodesIn(child);
}

async function parse(file: string): Promise<Node> {
  return parseSync(file, await readFile(file, "utf8")).program;
}

async function sentencesIn(file: string): Promise<string[]> {
  const found: string[] = [];
  for (const node of nodesIn(await parse(file))) {
    const isCall = node.type === "CallExpression" || node.type === "NewExpression";
    const maker = isCall && node.callee.type === "Identifier" ? MAKERS[node.callee.name] : [];
    for (const place of maker ?? []) if (node.arguments[place]) found.push(...textsOf(node.arguments[place]));
    const isFailure =
      node.type === "ObjectExpression" &&
      ["code", "retry"].every((name) => node.properties.some((one: Node) => one.key?.name === name));
    if (isFailure)
      for (const { key, value } of node.properties)
        if (key?.name === "message" || key?.name === "next") found.push(...textsOf(value));
  }
  return found.filter(isSentence);
}

describe("what people are told when something is wrong, in French", () => {
  test("every sentence that a failure or doctor says has its French one", async () => {
    const untold: string[] = [];
    let count = 0;
    for (const name of await readdir(SOURCE, { recursive: true })) {
      if (!name.endsWith(".ts") || /\.test\.ts$|testing\.ts$|surfaces\/(console|words)\//.test(name)) continue;
      for (const sentence of await sentencesIn(join(SOURCE, name))) {
        count += 1;
        if (inFrench(sentence) === undefined) untold.push(`${name}: ${sentence.replaceAll(PUT_IN, "{…}")}`);
      }
    }
    expect(count).toBeGreaterThan(150);
    expect(untold, "to be added to src/surfaces/words/sentences.fr.ts or findings.fr.ts").toEqual([]);
  });

  test("every fault of a record has its French one", () => {
    const record = toRecord(mail(), new Map());
    const faults = [
      3,
      {},
      { "Message-ID": "1", "Thread-ID": "1" },
      { ...record, Labels: 3 },
      { ...record, Body: 3 },
      { ...record, "Size-Estimate": "3" },
      { ...record, Attachments: 3 },
    ].map(faultOfRecord);
    expect(new Set(faults).size).toBe(7);
    for (const fault of faults) expect(inFrench(`the record ${fault}`)).toMatch(/^le message n'/);
  });

  test("every code has a meaning for a sentence that is not known, such as one kept by an earlier version", () => {
    for (const [code, { message, next }] of Object.entries(FAILURES_IN_FRENCH)) {
      expect(message, code).toMatch(/^.{10,}[.]$/);
      const said = failureInFrench({ code, message: "Of old.", next: "Do." });
      expect([plain(said.message), plain(said.next)]).toEqual([message, next]);
    }
  });

  test("nothing is translated that help no longer says", async () => {
    const said = new Set(["output the version number"]); // commander's own
    for (const name of await readdir(CLI, { recursive: true }))
      if (name.endsWith(".ts") && !name.endsWith(".test.ts"))
        for (const node of nodesIn(await parse(join(CLI, name)))) for (const text of textsOf(node)) said.add(text);
    expect(HELP_SENTENCES.map(({ english }) => english).filter((text) => !said.has(text))).toEqual([]);
  });

  test("no English sentence stands twice, and none is left as it is", () => {
    const all = [...FAILURE_SENTENCES, ...FINDING_SENTENCES, ...DIFFERENCE_SENTENCES, ...USAGE_SENTENCES];
    const english = all.map((one) => one.english);
    expect(english.filter((text, place) => english.indexOf(text) !== place)).toEqual([]);
    const same = all.filter((one) => one.english === one.french).map((one) => one.english);
    expect(same).toEqual(["Node {version}", "chmod {mode} {path}", "{count} minutes"]);
  });

  test("what is put in stays what it is, unless it is a sentence, a number or a size of ours", () => {
    expect(inFrench("There is no directory /data/is empty.")).toBe("Il n'y a pas de dossier /data/is empty.");
    expect(inFrench("Gmail cannot be read for ada@example.com: Google did not answer in time.")).toBe(
      "Gmail ne peut pas être lu pour ada@example.com : Google n'a pas répondu à temps.",
    );
    expect(
      inFrench(
        "These settings cannot be used: PORT must be a whole number from 1 to 65535; GMAIL_TIER must be one of auto, 2026, legacy.",
      ),
    ).toBe(
      "Ces réglages sont inutilisables : PORT doit être un nombre entier de 1 à 65535 ; GMAIL_TIER doit être l'un de auto, 2026, legacy.",
    );
    expect(
      inFrench(
        "1.2 GB free in /data; about 617 MB needed for 12,345 messages that are not exported yet, at 50 kB each",
      ),
    ).toBe(
      "1,2 Go libres dans /data ; il en faut environ 617 Mo pour 12\u202F345 messages pas encore exportés, à 50 ko chacun",
    );
    expect(
      inFrench(
        "The client file does not list http://a/b; it lists https://c/d. Google refuses the sign-in with redirect_uri_mismatch unless this very text is registered.",
      ),
    ).toMatch(/https:\/\/c\/d\. Google refuse/);
    const form = NewExport.safeParse({ email: "a@example.com", query: "x".repeat(4_001), labels: ["x".repeat(501)] });
    for (const { message } of form.error!.issues) expect(inFrench(message)).toMatch(/^Trop long : \d+ caractères/);
    expect(inFrench("This was never said.")).toBeUndefined();
  });
});
