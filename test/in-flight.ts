import { subscribe } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What this process has under way in real time: HTTP requests of undici's, `fetch` included, and work on files. While
 * there is any, a clock that jumps must not: what is under way would seem to have taken as long as the jump.
 */

const requests = new Set<unknown>();
let changes = 0;

const noteRequest = (isUnderWay: boolean) => (message: unknown) => {
  const { request } = message as { request: unknown };
  changes += 1;
  if (isUnderWay) requests.add(request);
  else requests.delete(request);
};
subscribe("undici:request:create", noteRequest(true));
subscribe("undici:request:trailers", noteRequest(false));
subscribe("undici:request:error", noteRequest(false));

const isBusy = (): boolean =>
  requests.size > 0 || process.getActiveResourcesInfo().some((name) => /^FSReq|^GetAddrInfo|^TCPConnect/.test(name));

/** Turns of the event loop that nothing may be under way for: one piece of work often begins the next. */
const QUIET_TURNS = 5;

/**
 * What is under way and stands still for so many real milliseconds waits for the clock itself, such as a server that
 * answers after a virtual second.
 */
const STANDSTILL_MS = 2_000;

/** So often it was looked for besides: a process that had no processor for two seconds has seen nothing of them. */
const STANDSTILL_LOOKS = 500;

/** Resolves when nothing is under way in real time, or when what is waits for something else. */
export async function nothingInFlight(): Promise<void> {
  let seen = changes;
  let since = performance.now();
  let looks = 0;
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await new Promise(setImmediate);
    quiet = isBusy() ? 0 : quiet + 1;
    if (quiet > 0) continue;
    await sleep(1);
    if (changes !== seen) {
      seen = changes;
      since = performance.now();
      looks = 0;
    } else if ((looks += 1) > STANDSTILL_LOOKS && performance.now() - since > STANDSTILL_MS) return;
  }
}
