import { expect } from "vitest";

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
  quota: Readonly<{ units: number; calls: Readonly<Record<string, number>> }>;
  files: readonly { file: string; count: number }[];
  failures: readonly { id: string; reason: string; attempts: number }[];
  failure: Readonly<{ code: string; next: string }>;
  links: Readonly<{ self: string; cancel: string }>;
  // openapi.json
  openapi: string;
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}>;

export type Answer<Body = Fields> = Readonly<{
  status: number;
  /** Content-Type, without parameters. */
  type: string;
  headers: Headers;
  text: string;
  /** The text parsed, where it is JSON. */
  body: Body;
}>;

/** Plain requests to a server of ours. */
export function api(origin: string, headers: Readonly<Record<string, string>> = {}) {
  async function call<Body>(method: string, path: string, sent?: RequestInit): Promise<Answer<Body>> {
    const request = { ...sent, method, headers: { ...headers, ...(sent?.headers as Record<string, string>) } };
    const response = await fetch(new URL(path, origin), { redirect: "manual", ...request });
    const text = await response.text();
    const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
    const body = (type.endsWith("json") ? JSON.parse(text) : undefined) as Body;
    return { status: response.status, type, headers: response.headers, text, body };
  }
  return {
    get: <Body = Fields>(path: string) => call<Body>("GET", path),
    delete: (path: string) => call<Fields>("DELETE", path),
    /** Sends `json` as JSON; a text as it is, called JSON all the same. */
    post: (path: string, json?: unknown) =>
      call<Fields>(
        "POST",
        path,
        json === undefined
          ? {}
          : {
              body: typeof json === "string" ? json : JSON.stringify(json),
              headers: { "content-type": "application/json" },
            },
      ),
    call: (method: string, path: string, sent?: RequestInit) => call<Fields>(method, path, sent),
  };
}

export type Api = ReturnType<typeof api>;

/** Every error of the API is one of these (RFC 9457): a stable code, and a next step that a person can take. */
export function expectProblem(answer: Answer<unknown>, status: number, code: string): void {
  const words: unknown = expect.stringMatching(/^\S+( \S+)+$/);
  expect(answer).toMatchObject({
    status,
    type: "application/problem+json",
    body: { status, code, type: `urn:gmail-export:problem:${code}`, title: words, detail: words, next: words },
  });
}
