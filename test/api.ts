import { expect } from "vitest";

import { PATIENCE_MS } from "./wait.ts";

/** Just enough of what the server answers to test it. */
export type Fields = Readonly<{
  // problems
  title: string;
  status: number | string;
  detail: string;
  code: string;
  next: string;
  errors: readonly { field: string; message: string }[];
  sign_in_url: string;
  free_directory: string;
  request_id: string;
  // grants
  authenticated: boolean;
  email: string;
  granted_at: string;
  access_token_expires_at: string;
  can_refresh: boolean;
  warning: string;
  // exports
  id: string;
  state: string;
  message: string;
  job_id: string;
  output_directory: string;
  max_emails: number | null;
  complete: boolean;
  progress: Readonly<Record<"listed" | "exported" | "gone" | "failed" | "batches", number>>;
  updated_at: string;
  quota: Readonly<{ units: number; refused: number; calls: Readonly<Record<string, number>> }>;
  rate: Readonly<{ units_this_minute: number }> | null;
  files: readonly { file: string; count: number }[];
  failures: readonly { id: string; reason: string; attempts: number }[];
  failure: Readonly<{ code: string; next: string }>;
  waiting_until: string;
  links: Readonly<{ self: string; cancel: string }>;
  exports: readonly Fields[];
  limits: Readonly<{ tier: string; concurrency: number }>;
  accounts: readonly Fields[];
  deleted: number;
  schedules: readonly Fields[];
  paused: boolean;
  next_cursor: string | null;
  // openapi.json
  openapi: string;
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}>;

export type Answer = Readonly<{
  status: number;
  /** Content-Type, without parameters. */
  type: string;
  headers: Headers;
  text: string;
  /** The text parsed, where it is JSON. */
  body: Fields;
}>;

/** Plain requests to a server of ours. */
export function api(origin: string, headers: Readonly<Record<string, string>> = {}) {
  const call = async (method: string, path: string, sent?: RequestInit): Promise<Answer> => {
    const response = await fetch(new URL(path, origin), {
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...sent,
      method,
      headers: { ...headers, ...(sent?.headers as Record<string, string>) },
    });
    const text = await response.text();
    const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
    const body = (type.endsWith("json") ? JSON.parse(text) : undefined) as Fields;
    return { status: response.status, type, headers: response.headers, text, body };
  };
  return {
    call,
    get: (path: string) => call("GET", path),
    /** What a call that answers with a list answers. */
    list: async (path: string) => (await call("GET", path)).body as unknown as readonly Fields[],
    delete: (path: string) => call("DELETE", path),
    /** Sends `json` as JSON; a text as it is, called JSON all the same. */
    post: (path: string, json?: unknown) =>
      call(
        "POST",
        path,
        json === undefined
          ? {}
          : {
              body: typeof json === "string" ? json : JSON.stringify(json),
              headers: { "content-type": "application/json" },
            },
      ),
  };
}

export type Api = ReturnType<typeof api>;

/** Every error of the API is one of these (RFC 9457): a stable code, and a next step that a person can take. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  const words: unknown = expect.stringMatching(/^\S+( \S+)+$/);
  expect(answer).toMatchObject({
    status,
    type: "application/problem+json",
    body: {
      status,
      code,
      type: `urn:gmail-export:problem:${code}`,
      title: words,
      detail: words,
      next: words,
      request_id: answer.headers.get("x-request-id"),
    },
  });
}
