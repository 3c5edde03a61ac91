import { expect, test } from "vitest";

import { failureOf } from "../errors.ts";
import { nameOfProxy, proxyFor } from "./proxy.ts";

const GMAIL = "https://gmail.googleapis.com/";
const PROXY = "http://ada:secret@proxy.example:3128";

const found = (server: string, environment: Record<string, string>) => {
  const proxy = proxyFor(new URL(server), environment);
  return proxy && nameOfProxy(proxy);
};

test.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])(
  "%s leads to Google, and is named without its password",
  (name) => {
    expect(found(GMAIL, { [name]: PROXY })).toBe(`http://proxy.example:3128 (${name})`);
    expect(found(GMAIL, { [name]: "" })).toBeUndefined();
  },
);

test("the first of them counts", () => {
  const all = { http_proxy: "http://4.example", https_proxy: "http://2.example", HTTP_PROXY: "http://3.example" };
  expect(found(GMAIL, all)).toBe("http://2.example (https_proxy)");
  expect(found(GMAIL, { ...all, HTTPS_PROXY: "http://1.example" })).toBe("http://1.example (HTTPS_PROXY)");
});

test.each(["gmail.googleapis.com", "x.example, .googleapis.com", "*.googleapis.com", "https://gmail.googleapis.com"])(
  "NO_PROXY=%s names Gmail",
  (rule) => {
    expect(found(GMAIL, { HTTPS_PROXY: PROXY, NO_PROXY: rule })).toBeUndefined();
    expect(found(GMAIL, { HTTPS_PROXY: PROXY, no_proxy: rule })).toBeUndefined();
    expect(found("https://oauth2.example.com/token", { HTTPS_PROXY: PROXY, NO_PROXY: rule })).toBeDefined();
  },
);

test("this machine is never behind a proxy, nor is plain http", () => {
  for (const server of [
    "http://127.0.0.1:8080/",
    "https://localhost:9/",
    "https://[::1]/",
    "https://127.0.0.9/",
    "http://gmail.example/",
  ])
    expect(found(server, { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY })).toBeUndefined();
});

test("what is no proxy's address is refused, and not shown", () => {
  for (const value of ["secret", "proxy.example:3128", "socks5://secret.example"]) {
    const failure = failureOf(
      (() => {
        try {
          return proxyFor(new URL(GMAIL), { HTTPS_PROXY: value });
        } catch (error) {
          return error;
        }
      })(),
    );
    expect(failure).toMatchObject({ code: "settings_invalid" });
    expect(JSON.stringify(failure)).not.toContain(value);
  }
});
