import { ExportError, refuse } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Secret } from "../../core/secret.ts";
import { askGoogle, transient } from "../ask-google.ts";
import { retrying } from "../retrying.ts";
import { readTokenAnswer, type Tokens } from "../token-endpoint.ts";
import { outlasts, REFRESH_BEFORE } from "../token-life.ts";
import { shareCall } from "./share-call.ts";

type Parts = Readonly<{
  /** Host, and port where it is not 80, of the metadata server. */
  host: string;
  clock: Clock;
  random: () => number;
}>;

/** The access token of the machine itself; `stale` is one that was just refused. */
export type MachineToken = (stale: Secret | undefined, signal: AbortSignal) => Promise<Secret>;

/**
 * Access tokens of the service account that this machine runs as, from the metadata server of Google's cloud. Plain http:
 * it is answered by the machine's own host. Throws `credentials_missing` where the machine has no identity.
 * Source: https://cloud.google.com/compute/docs/metadata/querying-metadata.
 */
export function machineToken({ host, clock, random }: Parts): MachineToken {
  let held: (Tokens & Readonly<{ obtainedAt: number }>) | undefined;
  const server = `The metadata server of this machine (${host})`;

  const ask = async (signal: AbortSignal): Promise<Tokens> => {
    const askedAt = clock.now();
    const answer = await askGoogle(server, signal, (client) =>
      client.transporter.request({
        url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
        headers: { "metadata-flavor": "Google" },
      }),
    ).catch((error: unknown) => {
      throw error instanceof ExportError ? away(error) : error;
    });
    if (answer.status === 404 || answer.status === 403) throw noIdentity(host);
    if (answer.status !== 200) throw transient("server_error", `${server} answered ${answer.status}.`);
    const given = readTokenAnswer(answer, askedAt);
    if ("error" in given) throw noIdentity(host);
    return given;
  };

  const renew = shareCall(async (signal) => {
    const obtainedAt = clock.now();
    held = { ...(await retrying(() => ask(signal), clock, random, signal)), obtainedAt };
  });

  return async (stale, signal) => {
    if (held === undefined || !outlasts(held, stale, REFRESH_BEFORE, clock.now())) await renew(signal);
    return held!.accessToken;
  };
}

/** It may be away for a moment; it may also be that this is no machine of Google's, which nobody can tell from here. */
function away(error: ExportError): ExportError {
  const { failure } = error;
  if (failure.retry !== "backoff") return error;
  const next =
    "Without a key file only a machine of Google's cloud can sign, with a service account attached to it. Elsewhere put a " +
    "key file where GOOGLE_CREDENTIALS_PATH says and leave GOOGLE_SERVICE_ACCOUNT out.";
  return new ExportError({ ...failure, next }, { cause: error });
}

function noIdentity(host: string): ExportError {
  return refuse(
    "credentials_missing",
    `This machine has no identity of its own: its metadata server (${host}) gives no token.`,
    "Attach a service account to the machine in the Google Cloud console, with the access scope cloud-platform, then start again.",
  );
}
