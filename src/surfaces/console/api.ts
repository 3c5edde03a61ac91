import { signal as signalOf } from "@preact/signals";
import type { z } from "zod";

import type { Problem } from "../http/contract/problem.ts";

/** A refusal by the server: what is wrong, and the next step. */
export class Refusal extends Error {
  readonly problem: Readonly<z.infer<typeof Problem>>;

  constructor(problem: z.infer<typeof Problem>) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** True since the server asked for its key: then there is nothing to show until the person has given it. */
export const keyIsNeeded = signalOf(false);

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type Options = Readonly<{ body?: unknown; signal?: AbortSignal }>;

/** Calls the HTTP API on the console's own origin. Throws a `Refusal`, or a TypeError when the server cannot be reached. */
export async function call<Answer>(method: Method, path: string, options: Options = {}): Promise<Answer> {
  return (await ask(method, path, options)).json();
}

/** The same, for answers without a body, or whose headers matter. */
export async function ask(method: Method, path: string, { body, signal }: Options = {}): Promise<Response> {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return response;
  const refusal = new Refusal(await response.json());
  if (refusal.problem.code === "api_key_required") keyIsNeeded.value = true;
  throw refusal;
}
