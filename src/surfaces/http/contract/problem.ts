import type { FastifyError, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";

import { failureOf, type Failure, type FailureCode } from "../../../core/errors.ts";

/** RFC 9457 problem details; `code` is stable, `next` is a step a person can take, `request_id` stands in the log too. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    next: z.string(),
    errors: z
      .array(
        z.object({
          field: z.string(),
          message: z.string(),
          character: z.int().positive().optional().describe("Where in the field, counted from 1"),
        }),
      )
      .optional(),
    sign_in_url: z.string().optional(),
    free_directory: z.string().optional(),
    request_id: z.string(),
  })
  .meta({
    id: "Problem",
    examples: [
      {
        type: "urn:gmail-export:problem:export_unknown",
        title: "Export unknown",
        status: 404,
        detail: "No export has this id.",
        code: "export_unknown",
        next: "GET /exports lists those there are.",
        request_id: "0f0c4f0a-55c1-4a3e-9a0f-6a3c1f1d2b7e",
      },
    ],
  });

type Extra = Pick<z.infer<typeof Problem>, "errors" | "sign_in_url" | "free_directory">;

/** The one place where a failure becomes an HTTP status. */
export function statusOf(code: FailureCode): number {
  switch (code) {
    case "invalid_request":
    case "state_invalid":
    case "bad_request":
      return 400;
    case "not_signed_in":
    case "consent_revoked":
    case "scope_missing":
    case "api_key_required":
    case "api_key_wrong":
      return 401;
    case "sign_in_refused":
    case "wrong_account":
    case "scope_not_granted":
    case "forbidden":
    case "no_mailbox":
    case "user_unusable":
    case "cross_site_request":
      return 403;
    case "export_unknown":
    case "schedule_unknown":
    case "not_found":
      return 404;
    case "credentials_exist":
    case "directory_busy":
    case "directory_foreign":
    case "directory_damaged":
    case "not_in_this_state":
      return 409;
    case "host_not_allowed":
      return 421;
    case "credentials_refused":
    case "outside_export_dir":
    case "unusable_directory":
    case "label_unknown":
    case "schedule_invalid":
      return 422;
    case "quota_exceeded":
    case "too_many_concurrent":
    case "bandwidth_exceeded":
    case "locked_out":
    case "daily_limit":
    case "too_many_attempts":
      return 429;
    case "server_error":
    case "malformed_response":
    case "page_token_invalid":
      return 502;
    case "network":
    case "timeout":
      return 504;
    case "credentials_missing":
    case "credentials_invalid":
    case "api_disabled":
    case "delegation_missing":
    case "settings_invalid":
    case "not_private":
    case "database":
      return 503;
    case "key_unusable":
    case "grant_unreadable":
    case "disk":
    case "internal":
      return 500;
  }
}

export async function sendFailure(reply: FastifyReply, failure: Failure, extra: Extra = {}): Promise<FastifyReply> {
  const passes = failure.code === "disk" && failure.retry === "backoff"; // no descriptors were left
  return sendProblem(reply, passes ? 503 : statusOf(failure.code), failure.code, failure.message, failure.next, extra);
}

/** Sends whatever was thrown as a problem; what is not ours says nothing of its inside. */
export async function sendError(reply: FastifyReply, error: unknown): Promise<FastifyReply> {
  const failure = failureOf(error);
  if (failure) {
    return sendFailure(reply, failure, extraOf(failure));
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.flatMap(fieldsOf);
    const detail = `These fields cannot be used: ${errors.map(({ field, message }) => `${field}: ${message}`).join("; ")}.`;
    return sendProblem(reply, 422, "invalid_fields", detail, "Correct the fields named and send the request again.", {
      errors,
    });
  }
  const status = isRefusedByFastify(error) ? error.statusCode : 500;
  if (status < 500)
    return sendProblem(
      reply,
      status,
      "invalid_request",
      "The request cannot be read.",
      "Send a JSON body, as /docs shows.",
    );
  return sendProblem(reply, 500, "internal", "gmail-export met something it does not expect.", "See the server's log.");
}

/** What programs need not read out of a sentence: the field that was refused, and what to send in its place. */
function extraOf(failure: Failure): Extra {
  const free = failure.retry === "never" ? failure.free : undefined;
  const place = failure.retry === "never" ? failure.place : undefined;
  if (place) return { errors: [{ ...place, message: failure.message }] };
  const isAboutDirectory = failure.code === "outside_export_dir" || failure.code === "unusable_directory";
  return {
    ...((isAboutDirectory || free !== undefined) && { errors: [{ field: "output_dir", message: failure.message }] }),
    ...(free !== undefined && { free_directory: free }),
  };
}

export async function sendProblem(
  reply: FastifyReply,
  status: number,
  code: string,
  detail: string,
  next: string,
  extra: Extra = {},
): Promise<FastifyReply> {
  const title = code.replaceAll("_", " ");
  const problem: z.infer<typeof Problem> = {
    type: `urn:gmail-export:problem:${code}`,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    status,
    detail,
    code,
    next,
    ...extra,
    request_id: reply.request.id,
  };
  // As bytes, past the route's response schema: a problem is not one of its answers.
  return reply.code(status).type("application/problem+json").serializer(JSON.stringify).send(problem);
}

type Invalid = Readonly<{ instancePath: string; message?: string | undefined; params: Record<string, unknown> }>;

/** One entry a field; a field nobody knows is named by itself. */
function fieldsOf({ instancePath, message, params }: Invalid): { field: string; message: string }[] {
  const unknown = params["keys"];
  if (Array.isArray(unknown)) return unknown.map((key) => ({ field: String(key), message: "unknown field" }));
  return [{ field: instancePath.slice(1).replaceAll("/", ".") || "body", message: message ?? "invalid" }];
}

function isRefusedByFastify(error: unknown): error is FastifyError & { statusCode: number } {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number";
}
