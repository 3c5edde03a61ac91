import type { Clock } from "../../core/ports/clock.ts";
import { readServiceAccountKey } from "./key-file.ts";
import { keylessServiceAccount } from "./keyless.ts";
import { machineToken } from "./machine-identity.ts";
import type { FindServiceAccount } from "./service-account.ts";

const TOKEN_URI = "https://oauth2.googleapis.com/token";
const IAM_URL = "https://iamcredentials.googleapis.com";

export type ServiceAccountSettings = Readonly<{
  credentialsPath: string;
  /** GOOGLE_SERVICE_ACCOUNT: signed for by the machine's own identity, and no key file is looked for. */
  serviceAccount: string | undefined;
  /** In place of Google's hosts; undefined means those. */
  googleApiUrl: URL | undefined;
  metadataHost: string;
}>;

/** The service account of these settings, with a key or without. A key file is read at each use. */
export function findServiceAccountOf(
  { credentialsPath, serviceAccount, googleApiUrl, metadataHost }: ServiceAccountSettings,
  clock: Clock,
  random: () => number,
): FindServiceAccount {
  if (serviceAccount === undefined) return () => readServiceAccountKey(credentialsPath);
  const keyless = keylessServiceAccount({
    email: serviceAccount,
    iamUrl: googleApiUrl?.href ?? IAM_URL,
    tokenUri: googleApiUrl === undefined ? TOKEN_URI : new URL("/token", googleApiUrl).href,
    machineToken: machineToken({ host: metadataHost, clock, random }),
  });
  return async () => keyless;
}
