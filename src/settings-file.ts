import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { parseEnv } from "node:util";

import { SECRET_SETTINGS, settingNames, type Env } from "./config.ts";
import { codeOf } from "./core/bare-cause.ts";
import { refuse, type ExportError } from "./core/errors.ts";
import { isLoopback } from "./core/network/loopback.ts";
import { decodeTextFile, IS_UTF_16, UTF_16 } from "./core/text-file.ts";
import { nameMeant } from "./misspelt-name.ts";

/** `refusal`: why nothing may be started with it. Then only what is harmless in it is among the settings. */
export type SettingsFile = Readonly<{ settings: Env; refusal: ExportError | undefined }>;

/**
 * Settings that lead sign-ins, tokens or the key elsewhere. A `.env` that came with somebody's folder could have them
 * kept, or sent, where others read them; so they count in a file that its user has made private, and an address of this
 * machine always.
 */
const LEADING: readonly string[] = [
  "GOOGLE_CREDENTIALS_PATH",
  "GOOGLE_SERVICE_ACCOUNT",
  "GOOGLE_API_URL",
  "GCE_METADATA_HOST",
  "TOKEN_DIR",
  "STATE_DIR",
  "GMAIL_API_URL",
  "OAUTH_REDIRECT_URI",
];

/** One setting of the file: a name, and a value that may be quoted and then go over several lines (as `parseEnv` reads it). */
const SETTING =
  /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`|(?!["'`])[^\n]*?)[ \t]*(?:#[^\n]*)?\r?$/gm;
const COMMENT = /^[ \t]*(?:#.*)?\r?$/;
/** Breaks that an editor shows as the end of a line and `parseEnv` does not: a setting behind one would be part of a comment. */
const OTHER_BREAK = /\r(?!\n|$)|[\v\f\u0085\u2028\u2029]/u;
const NAME = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=/;

/** Reads the settings in `.env`; none where there is no such file. What cannot be understood is never passed over. */
export async function readSettingsFile(path: string): Promise<SettingsFile> {
  let found: Awaited<ReturnType<typeof readOwn>>;
  try {
    found = await readOwn(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { settings: {}, refusal: undefined };
    const why = code === UTF_16 ? IS_UTF_16 : code === "EISDIR" ? "is no file" : `cannot be read (${code})`;
    return { settings: {}, refusal: unusable(`The file ${path} ${why}.`, path) };
  }
  const settings = parseEnv(found.text);
  const problems = [
    ...malformedLines(found.text),
    ...hiddenSettings(found.text),
    ...withoutValue(settings),
    ...misspelt(Object.keys(settings)),
  ];
  if (problems.length > 0)
    return {
      settings: harmless(settings),
      refusal: unusable(`The file ${path} cannot be understood: ${problems.join("; ")}.`, path),
    };
  const closed = [...SECRET_SETTINGS, ...LEADING].filter((name) => settings[name] && !isHere(settings[name]));
  if (closed.length === 0 || found.isPrivate) return { settings, refusal: undefined };
  return { settings: harmless(settings), refusal: notPrivate(path, closed) };
}

/** `isPrivate`: it is this user's (or root's), and nobody else may read or write it. */
async function readOwn(path: string): Promise<Readonly<{ text: string; isPrivate: boolean }>> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe would be waited for
  const { mode, uid } = await file.stat();
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw Object.assign(new Error("no file"), { code: "EISDIR" });
  const isOwn = uid === 0 || uid === process.getuid?.();
  const isPrivate = process.platform === "win32" || (isOwn && (mode & 0o077) === 0); // Windows makes the bits up
  return { text: decodeTextFile(await file.readFile()), isPrivate };
}

/** Numbers only: what stands there may be a key. */
function malformedLines(text: string): string[] {
  const rest = text.replace(SETTING, (setting) => setting.replace(/[^\n]/g, ""));
  return rest
    .split("\n")
    .flatMap((line, at) => (COMMENT.test(line) ? [] : [`line ${at + 1} is neither NAME=value nor a comment`]));
}

/** Settings that whoever looks at the file sees, and `parseEnv` does not: in a comment that goes on, or in another's quotes. */
function hiddenSettings(text: string): string[] {
  const lines = text.split("\n");
  const broken = lines.flatMap((line, at) =>
    OTHER_BREAK.test(line) ? [`line ${at + 1} holds a line break that is none here (save it with LF or CRLF)`] : [],
  );
  const known = new Set(settingNames());
  const quoted = [...text.matchAll(SETTING)].flatMap(({ 0: setting, index }) => {
    const first = text.slice(0, index).split("\n").length;
    return setting.split("\n").flatMap((line, at) => {
      const name = at > 0 ? NAME.exec(line)?.[1] : undefined;
      return name !== undefined && known.has(name)
        ? [`${name} in line ${first + at} is within the quotes that line ${first} begins`]
        : [];
    });
  });
  return [...broken, ...quoted];
}

function withoutValue(settings: Env): string[] {
  return SECRET_SETTINGS.filter((name) => settings[name]?.trim() === "").map(
    (name) => `${name} has no value (put a # before it, or give it one)`,
  );
}

function misspelt(names: readonly string[]): string[] {
  const known = settingNames();
  return names.flatMap((name) => {
    const meant = nameMeant(name, known);
    return meant === undefined ? [] : [`${name} is no setting; ${meant} is`];
  });
}

function isHere(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && isLoopback(url.hostname);
}

function harmless(settings: Env): Env {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !LEADING.includes(name)));
}

function unusable(message: string, path: string): ExportError {
  return refuse("settings_invalid", message, `Correct ${path}; every setting is described in .env.example.`);
}

function notPrivate(path: string, names: readonly string[]): ExportError {
  const isSecret = names.some((name) => SECRET_SETTINGS.some((secret) => secret === name));
  return refuse(
    "not_private",
    isSecret
      ? `${path} holds secrets, and other users of this machine may read it, or it is another's.`
      : `${path} says where sign-ins are kept or sent (${names.join(", ")}), and it is not for its user alone.`,
    `Look at what is in it; if that is what you want, type: chmod 600 ${path}`,
  );
}
