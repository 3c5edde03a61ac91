import type { FailureCode } from "../../core/errors.ts";
import type { Finding } from "../../doctor/finding.ts";
import { DIFFERENCE_SENTENCES } from "./differences.fr.ts";
import { FAILURES_IN_FRENCH } from "./failures.fr.ts";
import { FINDING_SENTENCES } from "./findings.fr.ts";
import type { Language } from "./language.ts";
import type { Pair } from "./pair.ts";
import { FAILURE_SENTENCES } from "./sentences.fr.ts";
import { USAGE_SENTENCES } from "./usage.fr.ts";

/*
 * The one catalogue of what people are told by failures, by doctor and by checks, in French. Failures travel, and are kept, as
 * English sentences (data stays English); a surface that speaks French finds the sentence here, puts in what stands in
 * its places, and where it knows no such sentence says what the failure's code means.
 */

const PLACE = /\{\w+\}/g;

type Pattern = Readonly<{ matches: RegExp; names: readonly string[]; french: string }>;

let known: readonly Pattern[] | undefined;

/** Made when it is first asked for: who reads English pays nothing for it at every start. */
const patterns = (): readonly Pattern[] =>
  (known ??= [...FAILURE_SENTENCES, ...FINDING_SENTENCES, ...DIFFERENCE_SENTENCES, ...USAGE_SENTENCES]
    .toSorted((a, b) => weightOf(b) - weightOf(a))
    .map(patternOf));

/** Sentences with more words of their own come first: "{who} answers" would match nearly anything. */
function weightOf({ english }: Pair): number {
  return english.replaceAll(PLACE, "").length;
}

function patternOf({ english, french }: Pair): Pattern {
  const names = [...english.matchAll(PLACE)].map(([name]) => name);
  const source = english
    .split(PLACE)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("(.+?)");
  return { matches: new RegExp(`^${source}$`, "s"), names, french: spaced(french) };
}

/** French puts a space before these signs, at which no line may break. */
function spaced(french: string): string {
  return french.replaceAll(/ (?=[:;?!»])/g, "\u00A0").replaceAll("« ", "«\u00A0");
}

/** How deep sentences stand in sentences: "Gmail cannot be read for …: <failure>" is two. */
const DEEPEST = 4;

/** One of our sentences in French; undefined when it is none of them. */
export function inFrench(sentence: string, depth = DEEPEST): string | undefined {
  for (const { matches, names, french } of patterns()) {
    const found = matches.exec(sentence);
    if (!found) continue;
    const values = new Map(names.map((name, place) => [name, valueInFrench(found[place + 1]!, depth)]));
    return french.replaceAll(PLACE, (name) => values.get(name) ?? name);
  }
  // Of a finding that explains another one a full stop was made.
  const clause = sentence.endsWith(".") && depth > 0 ? inFrench(sentence.slice(0, -1), depth - 1) : undefined;
  return clause === undefined ? pairOfSentences(sentence, depth) : `${clause}.`;
}

/** Two of ours, one behind the other: "What is wrong. Why it matters." */
function pairOfSentences(text: string, depth: number): string | undefined {
  for (const { index } of depth > 0 ? text.matchAll(/\. /g) : []) {
    const first = inFrench(text.slice(0, index + 1), depth - 1) ?? inFrench(text.slice(0, index), depth - 1);
    const second = first === undefined ? undefined : inFrench(text.slice(index + 2), depth - 1);
    if (first !== undefined && second !== undefined) return `${first.replace(/\.$/, "")}. ${second}`;
  }
  return undefined;
}

/** A place at the end of a sentence took in the next one too: "it lists {registered}. Why that matters." */
function withSentenceBehind(value: string, depth: number): string | undefined {
  for (const { index } of value.matchAll(/\. (?=[A-Z])/g)) {
    const behind = inFrench(value.slice(index + 2), depth - 1);
    if (behind !== undefined) return `${value.slice(0, index)}. ${behind}`;
  }
  return undefined;
}

let moments: Intl.DateTimeFormat | undefined;

/** Made when it is first asked for: that takes as long as a tenth of a command's start. */
const momentInFrench = (at: Date): string =>
  (moments ??= new Intl.DateTimeFormat("fr", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })).format(at);

/** What stands in a place: a number, a size, a sentence or a list of them; anything else, a path for one, stays. */
function valueInFrench(value: string, depth: number): string {
  if (/^\d{1,3}(,\d{3})+$/.test(value)) return value.replaceAll(",", "\u202F");
  const size = /^([\d.,]+) (?:k|M|G)B$/.exec(value);
  if (size) return value.replace(/B$/, "o").replace(".", ",");
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return `${momentInFrench(new Date(value))} UTC`;
  if (depth === 0) return value;
  const whole = inFrench(value, depth - 1) ?? withSentenceBehind(value, depth);
  if (whole !== undefined || !value.includes("; ")) return whole ?? value;
  return value
    .split("; ")
    .map((part) => inFrench(part, depth - 1) ?? part)
    .join("\u00A0; ");
}

type Said = Readonly<{ code: string; message: string; next: string }>;

/** A failure's two sentences in French. */
export function failureInFrench<Of extends Said>(failure: Of): Of {
  const meaning = isCode(failure.code) ? FAILURES_IN_FRENCH[failure.code] : undefined;
  return {
    ...failure,
    message: inFrench(failure.message) ?? (meaning ? spaced(meaning.message) : failure.message),
    next: inFrench(failure.next) ?? (meaning ? spaced(meaning.next) : failure.next),
  };
}

function isCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURES_IN_FRENCH, code);
}

/** What doctor found, in French. What is said of a failure may be the failure's own sentence. */
function findingInFrench(finding: Finding): Finding {
  const { what, why, next } = finding;
  return { ...finding, what: inFrench(what) ?? what, why: inFrench(why) ?? why, next: inFrench(next) ?? next };
}

/** A failure in this language. */
export function failureIn<Of extends Said>(language: Language, failure: Of): Of {
  return language === "fr" ? failureInFrench(failure) : failure;
}

/** What was found, in this language. */
export function findingIn(language: Language, finding: Finding): Finding {
  return language === "fr" ? findingInFrench(finding) : finding;
}

/** Any sentence of ours in this language; one that is not known stays as it is. */
export function sentenceIn(language: Language, sentence: string): string {
  return language === "fr" ? (inFrench(sentence) ?? sentence) : sentence;
}
