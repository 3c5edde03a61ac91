import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { namesOf, refusalOf, type RequestFacts } from "./guard.ts";

const LOCAL = { host: "127.0.0.1", allowedHosts: [], redirectUri: new URL("http://localhost:8000/auth/callback") };
const PUBLIC = {
  host: "0.0.0.0",
  allowedHosts: ["gmail-export.internal"],
  redirectUri: new URL("https://mail.example.com/auth/callback"),
};
const [local, others] = [namesOf(LOCAL), namesOf(PUBLIC)];

const DATA = { landing: false, anyHost: false };
const PAGE = { landing: true, anyHost: false };
const PROBE = { landing: false, anyHost: true };

const request = (facts: Partial<RequestFacts> = {}): RequestFacts => ({
  method: "GET",
  host: "localhost:8000",
  origin: undefined,
  site: undefined,
  mode: undefined,
  dest: undefined,
  ...facts,
});

/** As a browser sends it when a link is followed, or a server redirects. */
const navigation = { site: "cross-site", mode: "navigate", dest: "document" };

describe("the name that a request calls the server by", () => {
  test.each(["localhost:8000", "localhost", "LocalHost:9000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])(
    "may be %s on this machine",
    (host) => expect(refusalOf(request({ host }), DATA, local)).toBeUndefined(),
  );

  test.each([
    ["a page's own name, which it lets resolve to this machine", "rebind.evil.example:8000"],
    ["one that begins like ours", "localhost.evil.example"],
    ["one that ends like ours", "evil-localhost"],
    ["ours with a dot behind", "localhost."],
    ["ours as a user name", "localhost@evil.example"],
    ["ours behind another", "evil.example#localhost"],
    ["two names", "localhost, evil.example"],
    ["an address that stands for all", "0.0.0.0:8000"],
    ["another address of this machine", "127.1:8000"],
    ["an address as a number", "2130706433"],
    ["an IPv4 address in an IPv6 one", "[::ffff:127.0.0.1]"],
    ["an address of the network", "192.168.1.5:8000"],
    ["no port behind the colon", "localhost:"],
    ["white space", " localhost"],
    ["nothing", ""],
  ])("may not be %s", (_, host) => {
    expect(refusalOf(request({ host }), DATA, local)).toBe("host_not_allowed");
    expect(refusalOf(request({ host, ...navigation }), PAGE, local)).toBe("host_not_allowed");
  });

  test.each([
    ["mail.example.com", undefined],
    ["gmail-export.internal:8000", undefined],
    ["localhost:8000", undefined],
    ["10.1.2.3:8000", undefined],
    ["[fd00::7]:8000", undefined],
    ["mail.example.com.evil.example", "host_not_allowed"],
    ["evil.example", "host_not_allowed"],
    ["10.1.2.3.evil.example", "host_not_allowed"],
    ["[evil]", "host_not_allowed"],
  ])("where other machines come in: %s is %s", (host, refusal) =>
    expect(refusalOf(request({ host }), DATA, others)).toBe(refusal),
  );

  test("does not matter to probes, which says nothing of where they come from", () => {
    expect(refusalOf(request({ host: "lb-7.internal" }), PROBE, local)).toBeUndefined();
    expect(refusalOf(request({ host: "" }), PROBE, local)).toBeUndefined();
    const rebound = { host: "evil.example", origin: "http://evil.example" };
    expect(refusalOf(request(rebound), PROBE, local)).toBe("cross_site_request");
  });
});

describe("where a request comes from", () => {
  test.each<[string, Partial<RequestFacts>, boolean]>([
    ["a program", {}, true],
    ["a program that posts", { method: "POST" }, true],
    ["an address typed in", { site: "none", mode: "navigate", dest: "document" }, true],
    ["a page of ours", { site: "same-origin", mode: "cors", dest: "empty" }, true],
    ["a page of ours that posts", { method: "POST", site: "same-origin", origin: "http://localhost:8000" }, true],
    ["a page of ours in an old browser", { method: "POST", origin: "http://localhost:8000" }, true],
    ["a page through a tunnel", { host: "localhost:9000", method: "POST", origin: "http://localhost:9000" }, true],
    ["a foreign image", { site: "cross-site", mode: "no-cors", dest: "image" }, false],
    ["a foreign script", { site: "cross-site", mode: "no-cors", dest: "script" }, false],
    ["a foreign frame", { site: "cross-site", mode: "navigate", dest: "iframe" }, false],
    ["a foreign fetch", { site: "cross-site", mode: "cors", origin: "https://evil.example" }, false],
    ["a foreign form", { method: "POST", ...navigation, origin: "https://evil.example" }, false],
    ["a page of another port", { site: "same-site", mode: "no-cors", dest: "image" }, false],
    ["a page of another port that posts", { method: "POST", origin: "http://localhost:3000" }, false],
    ["a page of another port in an old browser", { origin: "http://localhost:3000" }, false],
    ["https where we have none", { method: "POST", origin: "https://localhost:8000" }, false],
    ["a sandbox or a file", { method: "POST", origin: "null" }, false],
    ["two origins", { method: "POST", origin: "http://localhost:8000, https://evil.example" }, false],
    ["an origin with a user name", { method: "POST", origin: "http://localhost:8000@evil.example" }, false],
    ["an origin with a path", { method: "POST", origin: "http://localhost:8000/" }, false],
    ["an empty origin", { method: "POST", origin: "" }, false],
    ["a site nobody knows", { site: "next-door" }, false],
    ["two sites", { site: "same-origin, cross-site" }, false],
  ])("%s", (_, facts, isLet) =>
    expect(refusalOf(request(facts), DATA, local)).toBe(isLet ? undefined : "cross_site_request"),
  );

  test.each<[string, Partial<RequestFacts>, boolean]>([
    ["a link", navigation, true],
    ["a redirect of another port", { ...navigation, site: "same-site" }, true],
    ["a form", { ...navigation, method: "POST" }, false],
    ["a frame", { ...navigation, dest: "iframe" }, false],
    ["an embedded object", { ...navigation, dest: "embed" }, false],
    ["an image", { ...navigation, mode: "no-cors", dest: "image" }, false],
    ["a fetch", { site: "cross-site", mode: "cors", dest: "empty" }, false],
  ])("a foreign page leads to a landing place by %s: %s", (_, facts, isLet) => {
    expect(refusalOf(request(facts), PAGE, local)).toBe(isLet ? undefined : "cross_site_request");
    expect(refusalOf(request(facts), DATA, local)).toBe("cross_site_request");
  });

  test.each([
    ["https://mail.example.com", "mail.example.com", true],
    ["https://mail.example.com", "10.0.0.1:8000", true], // a proxy that calls us by our address
    ["http://mail.example.com", "mail.example.com", false], // a page that somebody on the way has written
    ["https://gmail-export.internal", "gmail-export.internal", true],
    ["http://10.1.2.3:8000", "10.1.2.3:8000", true],
    ["https://gmail-export.internal:8443", "gmail-export.internal", false],
    ["https://evil.example", "mail.example.com", false],
  ])("behind a proxy %s speaks to %s: %s", (origin, host, isLet) =>
    expect(refusalOf(request({ method: "POST", origin, host }), DATA, others)).toBe(
      isLet ? undefined : "cross_site_request",
    ),
  );
});

describe("whatever is sent", () => {
  const OURS = new Set(["localhost", "127.0.0.1", "[::1]"]);
  const name = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.webAuthority({ withUserInfo: true, withIPv4: true, withIPv6: true }),
    fc.string(),
    fc.tuple(fc.constantFrom(...OURS, "LOCALHOST"), fc.constantFrom(".", "..", "%00", "@x", ".x", "-x", "/", "#", "?", "\\"))
      .map(([own, more]) => own + more), // prettier-ignore
  );
  const port = fc.option(fc.nat(65_535), { nil: undefined });
  const address = fc
    .tuple(name, port)
    .map(([host, number]) => (number === undefined ? host : `${host}:${number}`))
    .filter((host) => !OURS.has(host.replace(/:\d{1,5}$/, "").toLowerCase()));
  const header = (...values: string[]) =>
    fc.option(fc.oneof(fc.constantFrom(...values), fc.string()), { nil: undefined });
  const anything = fc.record({
    method: fc.constantFrom("GET", "HEAD", "POST", "DELETE", "OPTIONS"),
    host: fc.constantFrom("localhost:8000", "127.0.0.1:8000", "[::1]:8000"),
    origin: header("http://localhost:8000", "null"),
    site: header("same-origin", "same-site", "cross-site", "none"),
    mode: header("navigate", "cors", "no-cors"),
    dest: header("document", "image", "empty", "iframe"),
  });
  const place = fc.constantFrom(DATA, PAGE);

  test("no foreign name is ever answered", () =>
    fc.assert(
      fc.property(anything, address, place, (facts, host, where) => {
        expect(refusalOf({ ...facts, host }, where, local)).toBe("host_not_allowed");
      }),
    ));

  test("no foreign origin ever gets at data, whatever else is said", () =>
    fc.assert(
      fc.property(anything, address, fc.constantFrom("http", "https", "file", "HTTP"), (facts, host, scheme) => {
        expect(refusalOf({ ...facts, origin: `${scheme}://${host}` }, DATA, local)).toBe("cross_site_request");
      }),
    ));

  test("what a browser says of another site gets nowhere but to a landing place, by a navigation", () =>
    fc.assert(
      fc.property(anything, place, (facts, where) => {
        fc.pre(facts.site !== undefined && !["same-origin", "none"].includes(facts.site));
        const lands = where.landing && facts.method === "GET" && facts.mode === "navigate" && facts.dest === "document";
        expect(refusalOf(facts, where, local)).toBe(lands ? undefined : "cross_site_request");
      }),
    ));

  test("our own names are answered in any case and at any port", () =>
    fc.assert(
      fc.property(fc.mixedCase(fc.constantFrom(...OURS)), port, (own, number) => {
        const host = number === undefined ? own : `${own}:${number}`;
        expect(refusalOf(request({ host }), DATA, local)).toBeUndefined();
      }),
    ));
});
