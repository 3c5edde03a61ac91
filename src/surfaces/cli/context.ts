import type { Failure } from "../../core/errors.ts";
import type { Moved, StateKind } from "../../core/ports/stored-state.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Finding } from "../../doctor/finding.ts";
import type { Language } from "../words/language.ts";
import type { DemoOptions } from "./commands/demo.ts";
import type { Services } from "./services.ts";
import type { Terminal } from "./terminal/terminal.ts";
import type { Messages } from "./words/messages.ts";

/** Where the program runs. */
export type Machine = Readonly<{
  now(): EpochMs;
  timeZone: string;
  /** How this very program is started: the first word is a path. */
  program: readonly string[];
  /** From which folder it was. */
  directory: string;
}>;

/** What the program is given; services are made only when a command needs them, so that --help works everywhere. */
export type Entry = Readonly<{
  version: string;
  /** The person's, as the environment says; `--lang` says otherwise. */
  language: Language;
  /** How this program is called here: `gmail-export`, or `npx gmail-export`. */
  calledAs: string;
  terminal: Terminal;
  machine: Machine;
  services(): Promise<Services>;
  /** Who has a stored sign-in, as far as its file's name tells: no key is asked for. Rejects when that cannot be told. */
  signedIn(): Promise<readonly string[]>;
  /** Works with whatever is wrong; all accounts when none is named. With `postsTest` the receiver of alarms gets one. */
  doctor(account: string | undefined, signal: AbortSignal, postsTest: boolean): Promise<readonly Finding[]>;
  /** Runs the server until the signal aborts, and where `works` is true exports and schedules too. */
  serve(port: number | undefined, works: boolean, messages: Messages): Promise<void>;
  /** Runs exports and schedules alone. */
  work(messages: Messages): Promise<void>;
  /** Moves what is remembered; nothing else may run. */
  moveState(to: StateKind): Promise<Moved>;
  demo(options: DemoOptions, messages: Messages): Promise<void>;
}>;

/** What a command says that did not come to its end. */
export type Ending = Readonly<{
  /** To a program; people are told already. */
  failed(failure: Failure): void;
  /** With Ctrl-C. */
  stopped(): void;
}>;

/** What every command has. */
export type Context = Entry &
  Readonly<{
    /** Ctrl-C aborts it. */
    signal: AbortSignal;
    json(): boolean;
    /** What people are told, in their language; known once the command line is read. */
    messages(): Messages;
    /** Prints a value with --json, else lines. */
    show(value: unknown, lines: readonly string[]): void;
    /** Sets the exit code of a command that came to its end. */
    exitWith(code: number): void;
    /** In place of `{"error": …}` and "Stopped." */
    endWith(ending: Ending): void;
  }>;
