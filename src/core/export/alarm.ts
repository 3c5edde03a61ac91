import type { Failure } from "../errors.ts";
import { endInTesting } from "../grant.ts";
import type { EpochMs } from "../time.ts";
import type { StateName } from "./job.ts";

/**
 * What is wrong with an export that nobody watches:
 *   failed             its last run ended with a failure; until one ends well, or it is proven complete
 *   needs_sign_in      only its owner can let it go on
 *   unproven           for too long nothing has shown that its directory is complete
 *   sign_in_ends_soon  within a day, if the Cloud project is in Testing
 */
export const ALARM_EVENTS = ["failed", "needs_sign_in", "unproven", "sign_in_ends_soon"] as const;

type AlarmEvent = (typeof ALARM_EVENTS)[number];

/** A scheduled export as it stands. */
export type Watched = Readonly<{
  /** Of its schedule. */
  id: string;
  account: string;
  /** The last one that the schedule began, or that stands in its way; null before the first. */
  exportId: string | null;
  paused: boolean;
  /** When the schedule was made. */
  since: EpochMs;
  /** Of that export, since when, and why; undefined before the first. */
  run: Readonly<{ state: StateName; at: EpochMs; failure?: Failure }> | undefined;
  /** Up to when its directory is proven complete, as far as is known. */
  provenAt: EpochMs | undefined;
  /** What is stored of its owner's sign-in, if that is what reads it; undefined where that cannot be told. */
  grant: "missing" | "revoked" | Readonly<{ grantedAt: EpochMs }> | undefined;
}>;

/** Something that is wrong, in words without mail in them. */
export type Trouble = Readonly<{
  event: AlarmEvent;
  exportId: string | null;
  since: EpochMs;
  message: string;
  next: string;
  /** It goes on, as far as can be told, but there is nothing new to say of it. */
  silent?: true;
}>;

/** What the receiver is told: one of the alarms, or that one is over. */
export type Notice = Readonly<{
  event: AlarmEvent | "resolved";
  /** What is over; only of `resolved`. */
  resolves?: AlarmEvent;
  account: string;
  exportId: string | null;
  since: EpochMs;
  message: string;
  next: string;
}>;

/** States on the way to an end, or to none: what was wrong before may be so still. */
const SHOWS_NOTHING: ReadonlySet<StateName> = new Set(["queued", "running", "waiting", "paused", "cancelled"]);
const ENDED_WELL: ReadonlySet<StateName> = new Set(["completed", "completed_with_failures"]);

/** What is wrong with it now. `before` is what was wrong a moment ago: some of it lasts until the contrary is shown. */
export function troublesOf(
  watched: Watched,
  before: readonly Trouble[],
  now: EpochMs,
  notifyAfterMs: number,
): readonly Trouble[] {
  const was = (event: AlarmEvent): Trouble | undefined => before.find((one) => one.event === event);
  const needsSignIn = signInNeeded(watched, was("needs_sign_in"), now);
  const endsSoon = needsSignIn ? undefined : signInEnding(watched, was("sign_in_ends_soon"), now);
  return [failed(watched, was("failed")), needsSignIn, unproven(watched, now, notifyAfterMs), endsSoon].filter(
    (one) => one !== undefined,
  );
}

function failed({ account, exportId, run, provenAt }: Watched, before: Trouble | undefined): Trouble | undefined {
  if (run && provenAt !== undefined && provenAt > run.at) return undefined; // somebody else has brought it up to date
  if (run?.state !== "failed") return run && ENDED_WELL.has(run.state) ? undefined : before;
  const { message, next } = wordsOf(run.failure);
  return {
    event: "failed",
    exportId,
    since: run.at,
    message: `The scheduled export of ${account} failed. ${message}`,
    next,
  };
}

/** A failure's own words, unless they quote what somebody wrote: names of labels tell about a mailbox. */
function wordsOf(failure: Failure | undefined): Pick<Failure, "message" | "next"> {
  if (failure === undefined)
    return { message: "Why is not known any more.", next: "Start it once more, and look at how that ends." };
  if (failure.code !== "label_unknown") return failure;
  return {
    message: "A label that it asks for is no longer in the mailbox.",
    next: "Look at the export, which names the label, and change the schedule.",
  };
}

function signInNeeded(watched: Watched, before: Trouble | undefined, now: EpochMs): Trouble | undefined {
  const { account, exportId, run, grant } = watched;
  const waits = run?.state === "needs_sign_in";
  // Until a run has shown that there is another way in, and while nothing is known of the sign-in, it is as it was.
  const isUnclear = grant === undefined || (grant === "missing" && run !== undefined && SHOWS_NOTHING.has(run.state));
  if (!waits && grant !== "revoked") return isUnclear ? before : undefined;
  return {
    event: "needs_sign_in",
    exportId,
    since: waits ? run.at : (before?.since ?? now),
    message: `The scheduled export of ${account} cannot go on until its owner signs in again.`,
    next:
      `Sign in: gmail-export login ${account}, or in the console; the export goes on by itself then. ` +
      "Did the sign-in end after seven days? Then the Google Cloud project is in Testing: publish the app first " +
      "(Google Auth Platform → Audience).",
  };
}

function unproven({ account, exportId, since, provenAt }: Watched, now: EpochMs, afterMs: number): Trouble | undefined {
  const from = provenAt ?? since;
  if (now - from <= afterMs) return undefined;
  const at = new Date(from).toISOString();
  return {
    event: "unproven",
    exportId,
    since: from,
    message:
      provenAt === undefined
        ? `The export of ${account}, scheduled at ${at}, has not been proven complete yet.`
        : `The export of ${account} has not been proven complete since ${at}.`,
    next:
      "Look at how it stands, in the console or with GET /exports: one that waits goes on by itself, and one that " +
      `failed says why. gmail-export doctor ${account} says what stands in the way.`,
  };
}

/** Nothing tells whether a project is in Testing but the end of its sign-ins, so this is a condition, and is said as one. */
function signInEnding(
  { account, exportId, grant, provenAt }: Watched,
  before: Trouble | undefined,
  now: EpochMs,
): Trouble | undefined {
  if (grant === undefined) return before && { ...before, silent: true };
  if (typeof grant === "string") return undefined;
  const end = endInTesting(grant.grantedAt, now);
  const since = dayBeforeEnd(grant.grantedAt);
  if (end === undefined) {
    // The day is over: whether the sign-in is, too, the next run shows.
    const isShown = provenAt !== undefined && provenAt > since + DAY_MS;
    return before?.since === since && now >= since + DAY_MS && !isShown ? { ...before, silent: true } : undefined;
  }
  return {
    event: "sign_in_ends_soon",
    exportId,
    since,
    message:
      `If the Google Cloud project is in Testing, the sign-in of ${account} ends at ${new Date(end).toISOString()}. ` +
      "Whether it is cannot be seen from here.",
    next:
      "In the Google Cloud console open Google Auth Platform → Audience and press Publish app, then sign in once more: " +
      `gmail-export login ${account}. Where that page says In production or Internal, there is nothing to do.`,
  };
}

const DAY_MS = 24 * 60 * 60_000;

/** From when on `endInTesting` says when it ends. */
function dayBeforeEnd(grantedAt: EpochMs): EpochMs {
  return grantedAt + 6 * DAY_MS;
}
