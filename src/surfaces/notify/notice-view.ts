import type { Notice } from "../../core/export/alarm.ts";

/** What a receiver is told: an alarm, that one is over, or that alarms would get there. */
export type NoticeView = Readonly<{
  event: Notice["event"] | "test";
  /** What is over; only with `resolved`. */
  resolves?: Notice["event"];
  account: string | null;
  export_id: string | null;
  since: string;
  message: string;
  next: string;
  /** A heading without an address in it, of ASCII alone. */
  title: string;
  /** All of it in one, for receivers that show a text, as Slack's and Mattermost's do. */
  text: string;
}>;

const TITLES = {
  failed: "gmail-export: a scheduled export failed",
  needs_sign_in: "gmail-export: a sign-in is needed",
  unproven: "gmail-export: an export is not proven complete",
  sign_in_ends_soon: "gmail-export: a sign-in may end within a day",
  resolved: "gmail-export: all is well again",
} as const satisfies Record<Notice["event"], string>;

/** Its JSON form (docs/operations.md). */
export function viewOfNotice({ event, resolves, account, exportId, since, message, next }: Notice): NoticeView {
  const title = TITLES[event];
  return {
    event,
    ...(resolves === undefined ? {} : { resolves }),
    account,
    export_id: exportId,
    since: new Date(since).toISOString(),
    message,
    next,
    title,
    text: `${title}. ${message} ${next}`,
  };
}

/** For who wants to see whether alarms get there. */
export function viewOfTest(now: number): NoticeView {
  const title = "gmail-export: a test of alarms";
  const message = "Alarms of gmail-export get here.";
  const next = "There is nothing to do.";
  return {
    event: "test",
    account: null,
    export_id: null,
    since: new Date(now).toISOString(),
    message,
    next,
    title,
    text: `${title}. ${message} ${next}`,
  };
}
