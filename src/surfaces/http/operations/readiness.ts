import type { JobQueue } from "../../../core/ports/job-queue.ts";
import type { Facts } from "../../../doctor/facts.ts";

/** Below this nothing useful can be written any more. */
const LEAST_ROOM_BYTES = 16 << 20;

export type Fault = Readonly<{ field: string; message: string }>;

/** What is asked, and of what; `folders` are paths, by the setting that names them. */
export type Readiness = Pick<Facts, "folder" | "room"> &
  Readonly<{ queue: Pick<JobQueue, "counts">; folders: Readonly<Record<string, string>> }>;

/** Why the server cannot do its work now: quick, without a call to Google, and without a path, as anybody may ask. */
export async function faultsOf({ folder, room, queue, folders }: Readiness): Promise<readonly Fault[]> {
  const faultOf = async (path: string): Promise<string | undefined> => {
    const { fault } = await folder(path);
    if (fault !== undefined) return `This folder cannot be written (${fault}).`;
    return ((await room(path)) ?? Infinity) < LEAST_ROOM_BYTES ? "There is no room left to write." : undefined;
  };
  const looks = Object.entries(folders).map(async ([field, path]) => ({ field, message: await faultOf(path) }));
  const found = [{ field: "STATE_DIR", message: await listFault(queue) }, ...(await Promise.all(looks))];
  return found.flatMap(({ field, message }) => (message === undefined ? [] : [{ field, message }]));
}

async function listFault(queue: Readiness["queue"]): Promise<string | undefined> {
  try {
    await queue.counts();
    return undefined;
  } catch {
    return "The list of exports cannot be read.";
  }
}
