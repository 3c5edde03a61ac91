import type { Command } from "commander";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { DomainUser } from "../../../core/ports/domain-directory.ts";
import { readAddressList } from "../../../pipeline/domain/address-list.ts";
import { assertReadable } from "../../../pipeline/domain/assert-readable.ts";
import { findAccounts, isActive, type FoundAccounts } from "../../../pipeline/domain/choose-accounts.ts";
import { countMail } from "../../../pipeline/domain/count-mail.ts";
import { forecastDomain } from "../../../pipeline/domain/forecast-domain.ts";
import { viewOfDomain } from "../../domain-view.ts";
import type { Context } from "../context.ts";
import type { Services } from "../services.ts";
import { QUIET } from "../terminal/output.ts";
import { accountLines, leftOutLines } from "../words/domain-lines.ts";
import { explain } from "../words/help.ts";
import { exportDomain } from "./export-domain.ts";
import { addContentOptions, BATCH_SIZE, type ContentOptions } from "./export-options.ts";

type Filters = Readonly<{
  unit?: string;
  group?: string;
  match?: string;
  file?: string;
  includeSuspended?: boolean;
}>;

export type DomainExportOptions = Filters &
  ContentOptions &
  Readonly<{ wait?: boolean; dryRun?: boolean; quiet?: boolean }>;

/** Who was asked for: those to read, and those to leave out. */
type Chosen = Pick<FoundAccounts, "unknown" | "unreadableGroups"> &
  Readonly<{ users: readonly DomainUser[]; leftOut: readonly DomainUser[] }>;

export function addDomainCommands(program: Command, context: Context): void {
  const { show, signal, messages } = context;
  const domain = program
    .command("domain")
    .description("the accounts of a Google Workspace domain, which a service account reads");

  const accounts = filtered(domain.command("accounts"))
    .description("who is in the domain, how much mail they have, and what exporting it takes (1 quota unit an account)")
    .action(async (filters: Filters) => {
      const services = await context.services();
      await showAccounts(services, await choose(services, filters, signal));
    });
  explain(
    accounts,
    [
      "domain accounts",
      "domain accounts --unit /Sales",
      "domain accounts --json | jq -r '.accounts[] | [.email, .messages] | @tsv'",
    ],
    ["ok", "usage", "setup", "google"],
  );

  const exportCommand = addContentOptions(filtered(domain.command("export")))
    .description(
      "export every account that is chosen, each into its own directory; the same command goes on where it stopped",
    )
    .optionsGroup("Options:")
    .option(...BATCH_SIZE)
    .option(
      "--wait",
      "wait for a directory that another export writes to, and for a new day's quota, instead of ending",
    )
    .option("--dry-run", "only say who would be exported, and what that takes")
    .option(...QUIET)
    .action(async (options: DomainExportOptions) => {
      if ([options.unit, options.group, options.match, options.file].every((one) => one === undefined))
        throw refuse(
          "invalid_request",
          "Nothing says which accounts are to be exported.",
          "Choose by --unit, --group, --match or --file; --match '*' is everybody in the domain.",
        );
      const services = await context.services();
      const chosen = await choose(services, options, signal);
      if (options.dryRun) return showAccounts(services, chosen);
      const isAmiss = chosen.unknown.length > 0 || chosen.unreadableGroups.length > 0;
      if (!context.json() && (isAmiss || !options.quiet))
        context.terminal.inform(...leftOutLines(chosen.leftOut, chosen, messages()));
      await assertReadable(
        chosen.users.map(({ email }) => email),
        services.domain.readProfile,
        signal,
      );
      await exportDomain(context, services, chosen.users, options);
    });
  explain(
    exportCommand,
    [
      "domain export --unit /Sales --dry-run",
      "domain export --group managers@example.com --attachments",
      "domain export --file accounts.txt",
      "domain export --match '*'",
    ],
    ["ok", "usage", "setup", "incomplete", "google", "disk", "directory", "interrupted"],
  );

  async function showAccounts({ domain: { readProfile, limits } }: Services, chosen: Chosen): Promise<void> {
    const counted = await countMail(chosen.users, readProfile, signal);
    const held = await limits();
    const forecast = forecastDomain(counted, held);
    const w = messages();
    show(viewOfDomain(counted, chosen, forecast, held.tier), [
      ...accountLines(counted, forecast, held, w),
      ...leftOutLines(chosen.leftOut, chosen, w),
    ]);
  }
}

function filtered(command: Command): Command {
  return command
    .optionsGroup("Which accounts (all that is named must hold):")
    .option("--unit <path>", "those of an organisational unit and of the units below it, such as /Sales/East")
    .option("--group <email>", "the members of a group and of the groups inside it")
    .option("--match <pattern>", "those whose address fits, with * for any text; without an @, the part before it")
    .option("--file <path>", "those in a list, one address a line")
    .option("--include-suspended", "those too who are suspended or archived, though Google gives no access to them");
}

async function choose(
  { domain: { directory }, readTextFile }: Services,
  { unit, group, match, file, includeSuspended = false }: Filters,
  signal: AbortSignal,
): Promise<Chosen> {
  const addresses = file === undefined ? undefined : readAddressList(await readList(readTextFile, file), file);
  const found = await findAccounts(directory, { unit, group, match, addresses }, signal);
  const isIn = (user: DomainUser): boolean => includeSuspended || isActive(user);
  return { ...found, users: found.users.filter(isIn), leftOut: found.users.filter((user) => !isIn(user)) };
}

async function readList(readTextFile: Services["readTextFile"], file: string): Promise<string> {
  try {
    return await readTextFile(file);
  } catch (error) {
    throw failureOf(error)
      ? error
      : refuse(
          "invalid_request",
          `The list ${file} cannot be read.`,
          "Name a file of addresses, one a line, in UTF-8.",
        );
  }
}
