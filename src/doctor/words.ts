import { consolePages } from "./checks/console-pages.ts";

/** 12345 → "12,345". */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** 90 → "90 seconds", 34_560_000 → "400 days": the largest unit of which there are two. */
export function span(seconds: number): string {
  const [unit, one] = seconds >= 172_800 ? ["days", 86_400] : seconds >= 7_200 ? ["hours", 3_600] : ["minutes", 60];
  return seconds < 120 ? `${number(seconds)} seconds` : `${number(Math.round(seconds / one))} ${unit}`;
}

/** 62_000_000_000 → "62 GB". */
export function size(bytes: number): string {
  const [unit, one] = bytes >= 1e9 ? ["gigabyte", 1e9] : bytes >= 1e6 ? ["megabyte", 1e6] : ["kilobyte", 1e3];
  return (bytes / one).toLocaleString("en-US", { style: "unit", unit, maximumSignificantDigits: 2 });
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** How a person signs in, on the command line or through the server. */
export function signIn(account: string): string {
  return account === ""
    ? "gmail-export login, or open /auth/gmail on the server"
    : `gmail-export login ${account}, or open /auth/gmail?email=${encodeURIComponent(account)} on the server`;
}

export const PUBLISH =
  "in the Google Cloud console open Google Auth Platform → Audience and press Publish app " +
  `(${consolePages(undefined).audience})`;

/** For a sign-in that Google has ended. */
export function signInAnew(account: string): string {
  return (
    `Sign in again: ${signIn(account)}. Did it end after seven days? Then the Google Cloud project is in Testing. ` +
    `Before you sign in: ${PUBLISH}.`
  );
}
