import { bareCause, codeOf } from "../../core/bare-cause.ts";
import { ExportError, refuse } from "../../core/errors.ts";
import type { Secret } from "../../core/secret.ts";

/** States of a server that is there, and cannot serve just now: full, starting, stopping, read-only, without room; or that waited for us for too long. */
const PASSES = /^(?:08|53|57|58|25006|25P03|XX000)/;

/** What the network says where nobody listens, nobody answers, or the line broke. */
const NETWORK =
  /^(?:ECONN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|EPIPE|EAI_AGAIN|ENOTFOUND|ENOENT|EACCES)|^connection_lost$/;

/** How pg says that a line broke or took too long: errors without a code. */
const LINE_BROKE = /terminated|timeout|timed out|not queryable|ended|socket|stream|closed/i;

/**
 * What a failed statement or connection means. `database`, to be tried again, where it passes by itself; `database`, never
 * again, where the URL or the server must change; else an error that holds the SQLSTATE and nothing that was sent.
 */
export function refusalOf(error: unknown, address: string): Error {
  if (error instanceof ExportError) return error;
  const code = reasonOf(error);
  const wrong = wrongUrl(code, address);
  if (wrong) return refuse("database", ...wrong, causeOf(error));
  if (PASSES.test(code) || NETWORK.test(code))
    return new ExportError(
      {
        code: "database",
        retry: "backoff",
        outage: true,
        message: `The database at ${address} does not answer (${code}).`,
        next: "See that it runs and that DATABASE_URL leads to it. Exports go on by themselves when it does.",
      },
      causeOf(error),
    );
  // Class 42 speaks of our own text alone: names and syntax.
  const why = error instanceof Error && code.startsWith("42") ? `: ${error.message}` : "";
  return Object.assign(new Error(`The database refused a statement (${code}${why}).`), { code });
}

/** What the server says where only another URL, or another server, will do; by SQLSTATE (PostgreSQL, Appendix A). */
function wrongUrl(code: string, address: string): readonly [message: string, next: string] | undefined {
  switch (code) {
    case "28P01":
      return [`The database at ${address} refuses the password.`, "Correct user and password in DATABASE_URL."];
    case "no_password":
      return [`The database at ${address} asks for a password.`, "Name user and password in DATABASE_URL."];
    case "28000":
      return [
        `The database at ${address} does not let this user in.`,
        "Correct the user in DATABASE_URL, or let it in (pg_hba.conf); where the server asks for TLS, add ?sslmode=verify-full.",
      ];
    case "3D000":
      return [`There is no database at ${address}.`, "Correct the name in DATABASE_URL, or make it (createdb)."];
    case "42501":
      return [
        `The database at ${address} does not allow its user what gmail-export needs.`,
        "Let the user of DATABASE_URL make a schema there (GRANT CREATE ON DATABASE), and use what is in it.",
      ];
  }
  if (!/CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^no_tls$/.test(code)) return undefined;
  return [
    `The database at ${address} cannot be reached over TLS (${code}).`,
    "Name the authority of its certificate in NODE_EXTRA_CA_CERTS or by sslrootcert= in DATABASE_URL, or correct its sslmode.",
  ];
}

/** Whether a transaction failed for another's sake alone: serialization failure, deadlock. */
export function isRepeatable(error: unknown): boolean {
  return ["40001", "40P01"].includes(codeOf(error));
}

/** Where a URL leads, as a person says it: neither user nor password nor options. */
export function addressOf(url: Secret): string {
  const parsed = URL.parse(url.reveal());
  if (!parsed) return "DATABASE_URL";
  const host = parsed.hostname || parsed.searchParams.get("host") || "localhost";
  return `${host}:${parsed.port || "5432"}${parsed.pathname}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]); // a name with several addresses
  const code = codeOf(error);
  if (!(error instanceof Error) || code !== error.name) return code;
  if (/^SASL: .*password/.test(error.message)) return "no_password";
  if (/does not support SSL/i.test(error.message)) return "no_tls";
  return LINE_BROKE.test(error.message) ? "connection_lost" : code;
}

/** pg's errors hold the client, and with it the password. */
function causeOf(error: unknown): ErrorOptions {
  return { cause: bareCause(error) };
}
