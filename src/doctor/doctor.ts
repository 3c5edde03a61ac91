import { attempt } from "./attempt.ts";
import { examine, findAccounts } from "./checks/account.ts";
import { clientFindings } from "./checks/client.ts";
import { clockFinding } from "./checks/clock.ts";
import { folderFinding, roomFinding } from "./checks/disk.ts";
import { obstacleToGmail } from "./checks/gmail.ts";
import { tryHosts } from "./checks/hosts.ts";
import { findListeners, nodeFinding, portFinding, settingsFinding } from "./checks/machine.ts";
import { scopesAskedFinding } from "./checks/scopes.ts";
import { tierFinding } from "./checks/tier.ts";
import { unattendedFindings } from "./checks/unattended.ts";
import type { Facts } from "./facts.ts";
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
  const [listeners, hosts, learned, unattended] = await Promise.all([
    findListeners(facts, signal),
    tryHosts(facts, client, signal),
    "value" in client ? facts.learned(client.value.clientId) : undefined,
    unattendedFindings(facts, account, signal),
  ]);

  const people = await findAccounts(facts, account);
  const gmail = {
    obstacle: obstacleToGmail(settings, client, hosts.findings),
    projectId: "value" in client ? client.value.projectId : undefined,
  };
  const examined = await Promise.all(people.accounts.map((one) => examine(facts, one, gmail, signal)));
  const left = examined.flatMap((one) => one.left ?? []);

  return [
    nodeFinding(facts.nodeVersion),
    settingsFinding(settings),
    ...clientFindings(settings, client, await facts.permissions(credentialsPath)),
    scopesAskedFinding(settings),
    portFinding(settings, listeners),
    folderFinding("token_dir", tokenDir, await facts.folder(tokenDir)),
    folderFinding("state_dir", stateDir, await facts.folder(stateDir)),
    folderFinding("export_dir", exportDir, await facts.folder(exportDir)),
    ...hosts.findings,
    clockFinding(hosts.ahead),
    tierFinding(settings, learned),
    ...people.findings,
    ...examined.flatMap(({ findings }) => findings),
    ...unattended,
    roomFinding(exportDir, await facts.room(exportDir), left.length > 0 ? sum(left) : undefined),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
