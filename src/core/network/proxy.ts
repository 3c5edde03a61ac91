import { refuse } from "../errors.ts";
import { isLoopback } from "./loopback.ts";

/** A proxy of the network: where it is, and which setting of the environment names it. */
export type NetworkProxy = Readonly<{ url: URL; setting: string }>;

type Environment = Readonly<Record<string, string | undefined>>;

const SETTINGS = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] as const;

/**
 * The proxy that leads to a server, by the environment and by the rules of Google's own library, so that the sign-in and
 * the mail go the same way: the first of HTTPS_PROXY, https_proxy, HTTP_PROXY and http_proxy, unless NO_PROXY (or no_proxy)
 * names the host, its origin, or by `.example.com` or `*.example.com` all below. This machine is never behind a proxy,
 * nor is plain http. Throws `settings_invalid` for a value that is no address of a proxy, without showing it.
 */
export function proxyFor(server: URL, environment: Environment): NetworkProxy | undefined {
  if (server.protocol !== "https:" || isLoopback(server.hostname)) return undefined;
  const setting = SETTINGS.find((name) => environment[name]);
  if (setting === undefined || isExempt(server, environment)) return undefined;
  const value = environment[setting]!;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refuse(
      "settings_invalid",
      `${setting} is not the address of a proxy.`,
      "Write it as http://host:port, or unset it to reach Google directly.",
    );
  return { url, setting };
}

/** Without its user name and password. */
export function nameOfProxy({ url, setting }: NetworkProxy): string {
  return `${url.protocol}//${url.host} (${setting})`;
}

function isExempt(server: URL, { NO_PROXY, no_proxy: lower }: Environment): boolean {
  const rules = (NO_PROXY ?? lower ?? "").split(",").map((rule) => rule.trim());
  return rules.some((rule) => {
    if (/^\*?\./.test(rule)) return server.hostname.endsWith(rule.replace(/^\*/, ""));
    return rule === server.origin || rule === server.hostname;
  });
}
