import type { Answer } from "./ask-google.ts";

/** What an API of Google's refused with, as far as it can be told apart by (google.rpc.Status, and the older form). */
export type ErrorAnswer = Readonly<{
  status: number;
  /** Every word that names a reason, of both forms. */
  reasons: ReadonlySet<string>;
}>;

export function readErrorAnswer({ status, body }: Answer): ErrorAnswer {
  const error = fieldsOf(fieldsOf(body)["error"]);
  const named = [...listOf(error["errors"]), ...listOf(error["details"]), error].flatMap((one) => [
    fieldsOf(one)["reason"],
    fieldsOf(one)["status"],
  ]);
  return { status, reasons: new Set(named.filter((word) => typeof word === "string")) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
