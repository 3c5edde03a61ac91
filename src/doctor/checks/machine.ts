import type { Facts, Listener, Settings } from "../facts.ts";
import { fail, ok, skipped, type Finding, type FindingId } from "../finding.ts";

export function nodeFinding(version: string): Finding {
  if (Number(/^v(\d+)/.exec(version)?.[1]) >= 24) return ok("node", `Node ${version}`);
  return fail(
    "node",
    `Node ${version} is too old`,
    "gmail-export needs Node 24 or newer.",
    "Install it from https://nodejs.org; in the repository, npx gmail-export brings its own.",
  );
}

export function settingsFinding({ problems }: Settings): Finding {
  if (problems.length === 0) return ok("settings", "Every setting can be used");
  return fail(
    "settings",
    `These settings cannot be used: ${problems.map(({ problem }) => problem).join("; ")}`,
    "Nothing but doctor starts as long as one is wrong.",
    "Correct them in the environment or in .env; every setting is described in .env.example.",
  );
}

/** Undefined when each of these settings can be used; else the finding that they stand in the way of. */
export function unusable(
  id: FindingId,
  subject: string,
  { problems }: Settings,
  ...needed: readonly string[]
): Finding | undefined {
  const broken = needed.filter((name) => problems.some(({ setting }) => setting === name));
  if (broken.length === 0) return undefined;
  return skipped(id, `${subject} was not looked at`, `${broken.join(" and ")} cannot be used.`, "Correct that first.");
}

/** Who has the port, by the addresses at which the server would listen. */
type Listeners = readonly (readonly [address: string, Listener])[];

/** The server takes both loopback addresses where there are two: which one "localhost" means differs among machines. */
export async function findListeners({ settings, listener }: Facts, signal: AbortSignal): Promise<Listeners> {
  const { host, port } = settings;
  if (host !== "127.0.0.1" && host !== "localhost") return [[host, await listener(host, port, signal)]];
  const [four, six] = await Promise.all([listener("127.0.0.1", port, signal), listener("::1", port, signal)]);
  const own: Listeners = [["127.0.0.1", four]];
  return typeof six === "object" ? own : [...own, ["::1", six]]; // a machine may well be without IPv6
}

export function portFinding(settings: Settings, listeners: Listeners): Finding {
  const { host, port } = settings;
  const broken = unusable("port", "The port", settings, "PORT");
  if (broken) return broken;
  const change = "PORT (and OAUTH_REDIRECT_URI, if that is set)";
  for (const [address, listener] of listeners) {
    if (listener === "another program")
      return fail(
        "port",
        `Another program listens on ${at(address, port)}`,
        "The server cannot start there, and a browser that comes back from Google would end at that program.",
        `Stop that program (lsof -i :${port} names it), or change ${change}.`,
      );
    if (typeof listener === "object")
      return fail(
        "port",
        `The server cannot listen on ${at(address, port)} (${listener.fault})`,
        listener.fault === "EACCES"
          ? "The system keeps that port, often all below 1024, from this user."
          : "The server listens on an address of this machine, and this seems to be none.",
        listener.fault === "EACCES"
          ? `Change ${change} to 1024 or more.`
          : "Set HOST to an address of this machine, or leave it out: 127.0.0.1.",
      );
  }
  const ours = listeners.find(([, listener]) => listener === "gmail-export");
  return ok(
    "port",
    ours ? `gmail-export itself listens on ${at(ours[0], port)}` : `Nobody listens on ${at(host, port)}`,
  );
}

function at(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
