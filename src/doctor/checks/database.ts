import { attempt } from "../attempt.ts";
import type { Facts } from "../facts.ts";
import { fail, ok, type Finding } from "../finding.ts";
import { unusable } from "./machine.ts";

const WHY = "No server, worker or export starts as long as this is so.";

/**
 * Whether the database of DATABASE_URL can be used: it answers, is new enough, its clock and its key are ours, and no newer
 * version made its tables; and, with one or without, whether the state was moved elsewhere. Nothing where there is nothing
 * to tell.
 */
export async function databaseFindings({ settings, state }: Facts): Promise<readonly Finding[]> {
  const broken = unusable("database", "The database", settings, "DATABASE_URL");
  if (broken) return [broken];
  const isNamed = settings.databaseUrl !== undefined;
  const found = await attempt(state());
  if ("failure" in found) {
    const { code, message, next } = found.failure;
    // What is wrong with the key of this machine's folders is told of the sign-ins.
    return isNamed || code === "settings_invalid" ? [fail("database", message, WHY, next)] : [];
  }
  return isNamed ? [ok("database", "The database of DATABASE_URL can be used")] : [];
}
