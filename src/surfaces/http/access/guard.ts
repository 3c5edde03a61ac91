import { isIP } from "node:net";

import { isLoopback } from "../../../core/network/loopback.ts";

/** What a request says of whom it means and where it comes from: headers, as they were sent. */
export type RequestFacts = Readonly<{
  method: string;
  /** `Host`, or what a trusted proxy says it was. */
  host: string;
  origin: string | undefined;
  /** `Sec-Fetch-Site`, `-Mode` and `-Dest` (W3C Fetch Metadata): what no page can forge, and no program sends. */
  site: string | undefined;
  mode: string | undefined;
  dest: string | undefined;
}>;

/** Where the request leads: see `Family`. */
type Place = Readonly<{ landing: boolean; anyHost: boolean }>;

/** What this server is called. */
export type Names = Readonly<{
  isOurs(hostname: string): boolean;
  /** The origin that people see, whatever name a proxy passes on. */
  origin: string;
}>;

export type GuardRefusal = "host_not_allowed" | "cross_site_request";

/**
 * Whether a request may go on, whoever sends it: undefined when it may.
 *
 * - It must call the server by one of its names, or a page could make its own name resolve to this machine and would
 *   then be of one origin with it (DNS rebinding).
 * - What a browser sends for a page must be for a page of ours: it may not come from another origin, be it another port
 *   of this machine. A link or redirect to a landing place is let through.
 * - A request without `Origin` and Fetch Metadata is a program's, or a very old browser's reading of what it is not shown.
 */
export function refusalOf(facts: RequestFacts, place: Place, names: Names): GuardRefusal | undefined {
  const name = hostnameOf(facts.host);
  if (!place.anyHost && (name === undefined || !names.isOurs(name))) return "host_not_allowed";
  if (place.landing && isNavigation(facts)) return undefined;
  if (facts.site !== undefined && facts.site !== "same-origin" && facts.site !== "none") return "cross_site_request";
  if (facts.origin !== undefined && !isOwnOrigin(facts.origin, facts.host, names)) return "cross_site_request";
  return undefined;
}

/** A browser's own window goes there; not a frame, an image or a script of a page. */
function isNavigation({ method, site, mode, dest }: RequestFacts): boolean {
  return method === "GET" && site !== undefined && mode === "navigate" && dest === "document";
}

/**
 * The origin is that of the address asked, or the one that people see. Where both have one host, the scheme is that of
 * the latter: a page that came over http is not one of a server behind https.
 */
function isOwnOrigin(origin: string, host: string, names: Names): boolean {
  if (origin === names.origin) return true;
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin || url.origin !== URL.parse(`${url.protocol}//${host}`)?.origin)
    return false;
  const known = new URL(names.origin);
  return url.host !== known.host && names.isOurs(url.hostname) && /^https?:$/.test(url.protocol);
}

/** Without the port, which no attack can choose, and a tunnel changes. Undefined for what is no host and port (RFC 9110 §7.2). */
function hostnameOf(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
}

type Settings = Readonly<{ host: string; allowedHosts: readonly string[]; redirectUri: URL }>;

/** The names of a server with these settings. */
export function namesOf({ host, allowedHosts, redirectUri }: Settings): Names {
  const listensOn = host.includes(":") ? `[${host}]` : host.toLowerCase();
  const names = new Set(["localhost", "127.0.0.1", "[::1]", listensOn, redirectUri.hostname, ...allowedHosts]);
  // An address resolves to nothing but itself, so no page can borrow it; probes and people on the network use it.
  const byAddress = !isLoopback(host);
  return {
    isOurs: (name) => names.has(name) || (byAddress && isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0),
    origin: redirectUri.origin,
  };
}
