import { sameAccount } from "../../core/account.ts";
import { attempt, type Outcome } from "../attempt.ts";
import type { Facts, Reach, Scheduled } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding } from "../finding.ts";
import { number } from "../words.ts";
import { unusable } from "./machine.ts";

/** What is wrong with exports that have a schedule, and whether anybody is told; of one account, or of all. */
export async function unattendedFindings(
  facts: Facts,
  account: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const scheduled = await attempt(facts.scheduled(signal));
  return [...scheduleFindings(scheduled, account), await receiverFinding(facts, scheduled, signal)];
}

function scheduleFindings(scheduled: Outcome<Scheduled>, account: string | undefined): readonly Finding[] {
  if ("failure" in scheduled) {
    const { message, next } = scheduled.failure;
    return [skipped("schedules", "Scheduled exports were not looked at", message, next)];
  }
  const { schedules, alarms } = scheduled.value;
  // That a sign-in may end soon is said of its age.
  const wrong = alarms.filter(
    (one) => one.event !== "sign_in_ends_soon" && (account === undefined || sameAccount(one.account, account)),
  );
  if (wrong.length > 0) return wrong.map(alarmFinding);
  if (schedules === 0) return [ok("schedules", "No export has a schedule")];
  return [ok("schedules", `What has a schedule is as it should be (${number(schedules)} in all)`)];
}

function alarmFinding({ account, message, next }: Scheduled["alarms"][number]): Finding {
  return {
    ...fail("schedules", message, "Its directory is not kept current as long as this is so.", next),
    account,
  };
}

async function receiverFinding(facts: Facts, scheduled: Outcome<Scheduled>, signal: AbortSignal): Promise<Finding> {
  const { settings, proxy, reach, postTest } = facts;
  const broken = unusable("notify_url", "The receiver of alarms", settings, "NOTIFY_URL");
  if (broken) return broken;
  if (settings.notifyUrl === undefined) {
    if (!("value" in scheduled) || scheduled.value.schedules === 0)
      return ok("notify_url", "No receiver of alarms is set (NOTIFY_URL)");
    return warn(
      "notify_url",
      "Nobody is told when a scheduled export fails",
      WHY,
      "Set NOTIFY_URL: docs/operations.md.",
    );
  }
  const posted = await attempt(postTest ? postTest(signal).then(() => true) : Promise.resolve(false));
  if ("failure" in posted) return fail("notify_url", posted.failure.message, WHY, posted.failure.next);
  if (posted.value) return ok("notify_url", "The receiver of alarms has taken a test");
  const url = new URL(settings.notifyUrl.reveal());
  const way = await attempt(Promise.try(() => proxy(url)));
  if ("failure" in way) return warn("notify_url", way.failure.message, WHY, way.failure.next);
  const found: Reach = await reach(`${url.origin}/`, signal, way.value?.url);
  if (found.answered) return ok("notify_url", "The receiver of alarms can be reached");
  return warn(
    "notify_url",
    `The receiver of alarms cannot be reached (${found.failedAt}, ${found.code})`,
    WHY,
    "See that NOTIFY_URL is the receiver's address, and that this machine reaches it.",
  );
}

const WHY = "A backup that has stopped is noticed when it is needed, unless somebody is told.";
