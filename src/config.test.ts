import { expect, test } from "vitest";

import { readConfig, readSettings } from "./config.ts";
import { failureOf } from "./core/errors.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

function problemsOf(env: Record<string, string>): string {
  try {
    readConfig(env, "/home/ada");
  } catch (error) {
    return failureOf(error)?.message ?? String(error);
  }
  return "";
}

test("nothing set is a working configuration for this machine alone", () => {
  expect(readConfig({}, "/home/ada")).toMatchObject({
    credentialsPath: "/home/ada/credentials.json",
    tokenDir: "/home/ada/tokens",
    exportDir: "/home/ada/data",
    stateDir: "/home/ada/state",
    scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
    host: "127.0.0.1",
    port: 8000,
    apiKey: undefined,
    tier: "auto",
    unitsPerMinute: undefined,
    projectUnitsPerMinute: 1_200_000,
    maxInFlight: 10,
    exportConcurrency: 4,
    logLevel: "info",
  });
  expect(readConfig({ PORT: "9000" }, "/").redirectUri.href).toBe("http://localhost:9000/auth/callback");
});

test("every problem is listed at once", () => {
  const problems = problemsOf({
    PORT: "eighty",
    GMAIL_TIER: "2027",
    GMAIL_UNITS_PER_MINUTE: "-1",
    GMAIL_API_URL: "http://mail.example.com",
    TOKEN_ENCRYPTION_KEY: "short",
    LOG_LEVEL: "loud",
    HOST: "0.0.0.0",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
  });
  for (const name of [
    "PORT",
    "GMAIL_TIER",
    "GMAIL_UNITS_PER_MINUTE",
    "GMAIL_API_URL",
    "TOKEN_ENCRYPTION_KEY",
    "LOG_LEVEL",
    "API_KEY",
    "NODE_TLS_REJECT_UNAUTHORIZED",
  ])
    expect(problems).toContain(name);
});

test("who wants to see what is wrong has each problem by its setting, without the value, and defaults in their place", () => {
  const { config, problems } = readSettings({ PORT: "hunter2", GMAIL_TIER: "hunter2", LOG_LEVEL: "debug" }, "/");
  expect(problems.map(({ setting }) => setting)).toEqual(["PORT", "GMAIL_TIER"]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
  expect(config).toMatchObject({ port: 8000, tier: "auto", logLevel: "debug" });
});

test("a host that others can reach demands an API key", () => {
  expect(problemsOf({ HOST: "0.0.0.0" })).toContain("API_KEY");
  expect(problemsOf({ HOST: "192.168.1.5", API_KEY: "k" })).toBe("");
  for (const HOST of ["127.0.0.1", "127.8.8.8", "localhost", "::1"]) expect(problemsOf({ HOST })).toBe("");
});

test("plain http leads nowhere but to this machine", () => {
  expect(problemsOf({ OAUTH_REDIRECT_URI: "http://mail.example.com/auth/callback" })).toContain("OAUTH_REDIRECT_URI");
  expect(problemsOf({ OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback" })).toBe("");
  expect(problemsOf({ GMAIL_API_URL: "http://127.0.0.1:9" })).toBe("");
});

test("secrets cannot print themselves", () => {
  const config = readConfig({ API_KEY: "hunter2", TOKEN_ENCRYPTION_KEY: KEY }, "/");
  expect(JSON.stringify(config) + String(config.apiKey)).not.toMatch(/hunter2|BwcH/);
  expect(config.apiKey?.reveal()).toBe("hunter2");
});
