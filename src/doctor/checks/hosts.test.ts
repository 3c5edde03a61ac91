import { describe, expect, test } from "vitest";

import { refuse } from "../../core/errors.ts";
import type { Facts, Reach } from "../facts.ts";
import { faults, finding, HEALTHY, NOW } from "../testing.ts";

describe("the way to Google", () => {
  const proxy: Facts["proxy"] = () => ({
    url: new URL("http://ada:secret@proxy.example:3128"),
    setting: "https_proxy",
  });

  test("through a proxy where there is one, which is named without its password", async () => {
    const asked: unknown[] = [];
    const through: Facts["reach"] = async (_url, _signal, by) => {
      asked.push(by?.host);
      return { answered: true, status: 404, date: NOW - 500 };
    };
    const { status, what } = await finding("host_gmail", { proxy, reach: through });
    expect([status, what]).toEqual([
      "ok",
      expect.stringContaining("through the proxy http://proxy.example:3128 (https_proxy)"),
    ]);
    expect(what).not.toContain("secret");
    expect(new Set(asked)).toEqual(new Set(["proxy.example:3128"]));
    const closed = await finding("host_gmail", { proxy, reach: only("gmail.", ended("TCP", "ECONNREFUSED")) });
    expect([closed.status, closed.next]).toEqual(["fail", expect.stringMatching(/https_proxy.*NO_PROXY/)]);
    const broken = await finding("host_gmail", {
      proxy: () => {
        throw refuse("settings_invalid", "HTTPS_PROXY is not the address of a proxy.", "Mend it.");
      },
    });
    expect([broken.status, broken.next]).toEqual(["fail", "Mend it."]);
  });

  const only =
    (host: string, reach: Reach): Facts["reach"] =>
    async (url, signal) =>
      url.includes(host) ? reach : HEALTHY.reach(url, signal, undefined);
  const ended = (failedAt: "DNS" | "TCP" | "TLS" | "HTTP", code: string): Reach => ({
    answered: false,
    failedAt,
    code,
  });

  test.each([
    ["DNS", "ENOTFOUND", /leads to no address \(DNS, ENOTFOUND\)/, /nslookup gmail\.googleapis\.com/],
    ["TCP", "ECONNREFUSED", /no connection to port 443 \(TCP, ECONNREFUSED\)/, /firewall.*gmail\.googleapis\.com:443/],
    ["TLS", "SELF_SIGNED_CERT_IN_CHAIN", /\(TLS, SELF_SIGNED_CERT_IN_CHAIN\)/, /NODE_EXTRA_CA_CERTS/],
    ["TLS", "CERT_NOT_YET_VALID", /TLS/, /clock/],
    ["TLS", "ERR_TLS_CERT_ALTNAME_INVALID", /TLS/, /Something else than gmail\.googleapis\.com answers/],
    ["HTTP", "ETIMEDOUT", /does not answer \(HTTP, ETIMEDOUT\)/, /proxy or firewall/],
  ] as const)("that ends at %s (%s) says so, and what to do", async (step, code, what, next) => {
    const found = await finding("host_gmail", { reach: only("gmail.", ended(step, code)) });
    expect(found.status).toBe("fail");
    expect(found.what).toMatch(what);
    expect(found.next).toMatch(next);
  });

  test("closed, keeps Gmail from being asked; the sign-in page is the browser's affair", async () => {
    const profile = (): Promise<never> => Promise.reject(new Error("Gmail is asked"));
    const closed = (host: string) => faults({ reach: only(host, ended("TCP", "ECONNREFUSED")), profile });
    const skipped = { gmail: "skipped", disk_room: "skipped" };
    expect(await closed("gmail.")).toEqual({ host_gmail: "fail", ...skipped });
    expect(await closed("oauth2.googleapis.com")).toEqual({ host_token: "fail", ...skipped });
    const page = only("accounts.", ended("TCP", "ECONNREFUSED"));
    expect(await faults({ reach: page })).toEqual({ host_authorization: "warn" });
  });

  test("an error of Google's own is a warning", async () => {
    expect(await faults({ reach: only("gmail.", { answered: true, status: 503, date: NOW }) })).toEqual({
      host_gmail: "warn",
    });
  });
});
