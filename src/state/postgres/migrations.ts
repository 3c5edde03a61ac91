import { refuse } from "../../core/errors.ts";
import type { Database, Query } from "./database.ts";
import { EXPORT_TABLE } from "./export-table.ts";
import { HOLD_TABLE } from "./holds.ts";
import { DUTY_TABLE, SCHEDULE_TABLE } from "./schedule-table.ts";

/**
 * What brings the schema `gmail_export` from one version to the next; the nth makes version n. Each runs once, and none is
 * changed after it was released: what must become different is a new one at the end.
 */
const MIGRATIONS: readonly string[] = [
  `create table gmail_export.leases (
     name text primary key,
     holder uuid not null,
     until timestamptz not null
   )`,
  `create table gmail_export.grants (name text primary key, sealed text not null);
   create table gmail_export.pending_sign_ins (
     serial bigint generated always as identity primary key,
     state_hash bytea not null unique,
     browser_hash bytea not null,
     expires_at double precision not null, -- milliseconds since 1970
     sealed text -- null once it was used
   );
   create table gmail_export.learned_limits (client text primary key, learned jsonb not null);
   create table gmail_export.recent_calls (name text primary key, minute jsonb not null);
   create table gmail_export.alarms (single boolean primary key check (single), record jsonb not null)`,
  EXPORT_TABLE,
  SCHEDULE_TABLE,
  HOLD_TABLE,
  DUTY_TABLE,
  `create table gmail_export.budgets (client text primary key, ledger jsonb not null);
   create table gmail_export.key_check (single boolean primary key check (single), sealed text not null)`,
  "create table gmail_export.moved (single boolean primary key check (single), mark text not null)",
];

/** Any number that nobody else locks in the same database: "gmail" as digits. */
const LOCK = 7_661_697_108;

/**
 * Makes the tables that are missing, in one transaction; where several processes start at once, one of them does so and
 * the others wait. Throws `database` where a newer version of gmail-export was there before.
 */
export async function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  await database.transaction(async (query) => {
    await query("set local statement_timeout = '5min'");
    await query("select pg_advisory_xact_lock($1)", [LOCK]);
    if (!(await exists(query)))
      await query(
        `create schema if not exists gmail_export;
         create table gmail_export.migrations (number int primary key, at timestamptz not null default now())`,
      );
    const version = await versionOf(query, database.address, migrations);
    for (const [index, sql] of migrations.entries())
      if (index >= version) {
        await query(sql);
        await query("insert into gmail_export.migrations (number) values ($1)", [index + 1]);
      }
  });
}

async function exists(query: Query): Promise<boolean> {
  const [found] = await query<{ exists: boolean }>(
    "select to_regclass('gmail_export.migrations') is not null as exists",
  );
  return found?.exists === true;
}

/** Whether this program knows the tables that are there. Makes none. Throws `database`. */
export async function checkVersion({ query, address }: Database): Promise<void> {
  if (await exists(query)) await versionOf(query, address, MIGRATIONS);
}

async function versionOf(query: Query, address: string, migrations: readonly string[]): Promise<number> {
  const [found] = await query<{ version: number }>(
    "select coalesce(max(number), 0)::int as version from gmail_export.migrations",
  );
  const version = found?.version ?? 0;
  if (version <= migrations.length) return version;
  throw refuse(
    "database",
    `The database at ${address} was made ready by a newer gmail-export (its tables have version ${version}, this program knows ${migrations.length}).`,
    "Start the newer version on every machine, or give this one a database of its own.",
  );
}
