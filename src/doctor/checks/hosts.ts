import { failureOf, type Failure } from "../../core/errors.ts";
import { nameOfProxy, type NetworkProxy } from "../../core/network/proxy.ts";
import type { Outcome } from "../attempt.ts";
import type { Client, Facts, Reach, ServiceAccount } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding } from "../finding.ts";
import type { Ahead } from "./clock.ts";
import { unusable } from "./machine.ts";

type HostId = "host_authorization" | "host_token" | "host_gmail";

const NAMES: Readonly<Record<HostId, string>> = {
  host_authorization: "Google's sign-in page",
  host_token: "Google's token endpoint",
  host_gmail: "the Gmail API",
};

const NEEDED_FOR: Readonly<Record<HostId, string>> = {
  host_authorization: "The browser in which somebody signs in must reach it; this machine need not.",
  host_token: "Nobody can sign in without it, and exports stop within the hour, when an access token ends.",
  host_gmail: "All mail comes from there.",
};

type Hosts = Readonly<{ findings: readonly Finding[]; ahead: readonly Ahead[] }>;

/** Asks each server that is needed; what they answer also tells the time. */
export async function tryHosts(
  facts: Facts,
  client: Outcome<Client>,
  service: ServiceAccount | undefined,
  signal: AbortSignal,
): Promise<Hosts> {
  const ahead: Ahead[] = [];
  const look = async (id: HostId, address: string): Promise<Finding> => {
    const url = new URL(address);
    const before = facts.now();
    const { proxy, problem } = proxyOf(facts, url);
    if (problem !== undefined)
      return fail(id, `${url.host} cannot be reached: ${problem.message}`, NEEDED_FOR[id], problem.next);
    const reach = await facts.reach(address, signal, proxy?.url);
    if (reach.answered && reach.date !== undefined)
      // The answer was dated between the two, to the second below.
      ahead.push({ host: url.host, ms: (before + facts.now()) / 2 - (reach.date + 500) });
    return hostFinding(id, url, reach, proxy);
  };
  const tokenUri = "value" in client ? client.value.tokenUri : service?.tokenUri;
  const found = await Promise.all([
    // Where a service account reads, no browser goes there.
    "value" in client
      ? look("host_authorization", client.value.authUri)
      : service
        ? undefined
        : unknown("host_authorization"),
    tokenUri === undefined ? unknown("host_token") : look("host_token", tokenUri),
    unusable("host_gmail", "The way to Gmail", facts.settings, "GMAIL_API_URL") ??
      look("host_gmail", facts.settings.gmailApiUrl.href),
  ]);
  return { findings: found.filter((one) => one !== undefined), ahead };
}

function unknown(id: HostId): Finding {
  const what = `The way to ${NAMES[id]} was not tried`;
  return skipped(id, what, "Its address is in the client file, which cannot be used.", "Mend the client file first.");
}

type Way = Readonly<{ proxy?: NetworkProxy | undefined; problem?: Failure }>;

function proxyOf(facts: Facts, server: URL): Way {
  try {
    return { proxy: facts.proxy(server) };
  } catch (error) {
    const problem = failureOf(error);
    if (!problem) throw error;
    return { problem };
  }
}

function hostFinding(id: HostId, url: URL, reach: Reach, proxy: NetworkProxy | undefined): Finding {
  const way = proxy ? `, through the proxy ${nameOfProxy(proxy)}` : "";
  const who = `${url.host} (${NAMES[id]}${way})`;
  if (reach.answered)
    return reach.status < 500
      ? ok(id, `${who} answers`)
      : warn(
          id,
          `${who} answers with an error of its own (HTTP ${reach.status})`,
          NEEDED_FOR[id],
          "Try again later; https://www.google.com/appsstatus says when Google is down.",
        );
  const found = id === "host_authorization" ? warn : fail;
  if (proxy && !reach.answered && reach.failedAt !== "HTTP")
    return found(
      id,
      `${who} cannot be reached (${reach.failedAt}, ${reach.code})`,
      NEEDED_FOR[id],
      `Have the proxy let this machine connect to ${url.host}, correct ${proxy.setting}, or name the host in NO_PROXY.`,
    );
  return found(id, `${who} ${faultOf(reach, url)}`, NEEDED_FOR[id], remedy(reach, url));
}

type Unreached = Reach & { answered: false };

/** Where on the way it ended: each step says that the ones before went well. */
function faultOf({ failedAt, code }: Unreached, url: URL): string {
  switch (failedAt) {
    case "DNS":
      return `cannot be found: its name leads to no address (DNS, ${code})`;
    case "TCP":
      return `cannot be reached: no connection to port ${portOf(url)} (TCP, ${code})`;
    case "TLS":
      return `is reached, but not over a connection that can be trusted (TLS, ${code})`;
    case "HTTP":
      return `is reached, but does not answer (HTTP, ${code})`;
  }
}

function remedy({ failedAt, code }: Unreached, { hostname, host, origin, port }: URL): string {
  switch (failedAt) {
    case "DNS":
      return `Ask this machine's name server (nslookup ${hostname}); in a closed network, have ${host} let through.`;
    case "TCP":
      return `Have the firewall let this machine connect to ${port === "" ? `${host}:443` : host}; test with: curl -sv ${origin}`;
    case "TLS":
      if (/EXPIRED|NOT_YET_VALID/.test(code))
        return "Set this machine's clock (see clock); certificates are checked by it.";
      if (/SELF_SIGNED|VERIFY|ISSUER/.test(code))
        return "A proxy of this network opens TLS: get its certificate from who runs it, and set NODE_EXTRA_CA_CERTS to that file.";
      return `Something else than ${hostname} answers, such as a proxy or a sign-in page of the network: curl -sv ${origin}`;
    case "HTTP":
      return `Try again in a moment; if it lasts, look for a proxy or firewall that holds the answer back: curl -sv ${origin}`;
  }
}

function portOf({ port, protocol }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}
