import { attempt, type Outcome } from "./attempt.ts";
import { examine, findAccounts } from "./checks/account.ts";
import { clientFindings } from "./checks/client.ts";
import { clockFinding } from "./checks/clock.ts";
import { databaseFindings } from "./checks/database.ts";
import { folderFinding, roomFinding } from "./checks/disk.ts";
import {
  directoryFinding,
  isKeyAlone,
  noSubject,
  serviceAccountFindings,
  type FoundServiceAccount,
} from "./checks/domain.ts";
import { obstacleToGmail } from "./checks/gmail.ts";
import { tryHosts } from "./checks/hosts.ts";
import { sumLeft } from "./checks/left.ts";
import { findListeners, nodeFinding, portFinding, settingsFinding } from "./checks/machine.ts";
import { scopesAskedFinding } from "./checks/scopes.ts";
import { tierFinding } from "./checks/tier.ts";
import { unattendedFindings } from "./checks/unattended.ts";
import type { Client, Facts, Settings } from "./facts.ts";
import type { Finding } from "./finding.ts";

/**
 * Looks at all that an export stands on, and says of each thing whether it is as it should be, why that matters and what
 * to do. No fault keeps it from looking further. `account` undefined means all that are signed in; each costs one
 * quota unit.
 */
export async function doctor(
  facts: Facts,
  account: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { settings } = facts;
  const { credentialsPath, tokenDir, stateDir, exportDir } = settings;
  const client = await attempt(facts.client());
  const service = await attempt(facts.domain.serviceAccount());
  const reader = "value" in service ? service.value : undefined;
  const signsIn = !needsNobody(client, service);
  const [listeners, hosts, learned, unattended, database] = await Promise.all([
    findListeners(facts, signal),
    tryHosts(facts, client, reader, signal),
    "value" in client ? facts.learned(client.value.clientId) : reader && facts.learned(reader.clientId ?? reader.email),
    unattendedFindings(facts, account, signal),
    databaseFindings(facts),
  ]);

  const people = signsIn || account !== undefined ? await findAccounts(facts, account) : findSubject(settings);
  const gmail = {
    obstacle: obstacleToGmail(settings, signsIn ? client : undefined, hosts.findings),
    projectId: "value" in client ? client.value.projectId : reader?.projectId,
  };
  const examined = await Promise.all(people.accounts.map((one) => examine(facts, one, gmail, signal)));
  const left = examined.flatMap((one) => one.left ?? []);

  return [
    nodeFinding(facts.nodeVersion),
    settingsFinding(settings),
    ...clientFindings(settings, signsIn ? client : undefined, await facts.permissions(credentialsPath)),
    ...serviceAccountFindings(settings, service, client),
    scopesAskedFinding(settings),
    portFinding(settings, listeners),
    folderFinding("token_dir", tokenDir, await facts.folder(tokenDir)),
    folderFinding("state_dir", stateDir, await facts.folder(stateDir)),
    folderFinding("export_dir", exportDir, await facts.folder(exportDir)),
    ...database,
    ...hosts.findings,
    clockFinding(hosts.ahead),
    tierFinding(settings, learned),
    ...(reader ? [await directoryFinding(facts, signal)] : []),
    ...people.findings,
    ...examined.flatMap(({ findings }) => findings),
    ...unattended,
    roomFinding(exportDir, await facts.room(exportDir), left.length > 0 ? sumLeft(left) : undefined),
  ];
}

/** Whether nobody signs in: a key file stands where a client's would, or there is none and none is needed. */
function needsNobody(client: Outcome<Client>, service: FoundServiceAccount): boolean {
  if (isKeyAlone(service)) return true;
  return "value" in service && service.value !== undefined && "failure" in client
    ? client.failure.code === "credentials_missing"
    : false;
}

/** Where nobody signs in, one account is tried: the administrator's own. */
function findSubject({ admin }: Settings): Awaited<ReturnType<typeof findAccounts>> {
  return admin === undefined ? { accounts: [], findings: [noSubject()] } : { accounts: [admin], findings: [] };
}
