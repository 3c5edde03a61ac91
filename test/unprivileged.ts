import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Ways to start a command to whom permissions apply: as it is; root without its rights; root as nobody in particular. */
const WAYS: readonly (readonly string[])[] = [
  [],
  ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
  ["unshare", "--user"],
];

/**
 * What to put before a command so that it may not write where permissions say so. Nothing for most people; root, to whom
 * they do not apply, gives up that right, and stays the owner of its files.
 */
export function unprivileged(): readonly string[] {
  const closed = mkdtempSync(join(tmpdir(), "closed-"));
  try {
    const way = WAYS.find((prefix) => {
      const [command, ...args] = [...prefix, "sh", "-c", 'chmod 500 "$0" && ! mkdir "$0/new" 2> /dev/null', closed];
      const { status } = spawnSync(command, args, { stdio: "ignore" });
      rmSync(join(closed, "new"), { recursive: true, force: true });
      return status === 0;
    });
    if (way === undefined) throw new Error("neither setpriv nor unshare can take root's rights from a process here");
    return way;
  } finally {
    rmdirSync(closed);
  }
}
