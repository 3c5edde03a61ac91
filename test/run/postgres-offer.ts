import pg from "pg";

import { Secret } from "../../src/core/secret.ts";
import { openDatabase } from "../../src/state/postgres/database.ts";
import { migrate } from "../../src/state/postgres/migrations.ts";
import { manualClock } from "../manual-clock.ts";
import { offerTexts, type Offer } from "./offer.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

/** The name of the database that all others are copies of. */
const TEMPLATE = "made_ready";

/**
 * One PostgreSQL for all files of a run: `address` answers with the URL of a database of the asker's own, made ready or
 * (below /empty) not. The server is started when it is first asked for.
 */
export async function offerPostgres(): Promise<Offer> {
  let started: Promise<PostgresServer> | undefined;
  let made: Promise<unknown> = Promise.resolve(); // one at a time: a template has no other users
  let count = 0;
  const make = async (template: string): Promise<string> => {
    started ??= startWithTemplate();
    const { url } = await started;
    count += 1;
    const name = `test_${count}`;
    const making = made.then(() => run(url, `create database ${name} template ${template} strategy file_copy`));
    made = making.catch(() => undefined);
    await making;
    return databaseOf(url, name);
  };
  const { address, close } = await offerTexts(
    new Map([
      ["", () => make(TEMPLATE)],
      ["/empty", () => make("template1")],
    ]),
  );
  return {
    address,
    async close() {
      await close();
      await (await started?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

async function startWithTemplate(): Promise<PostgresServer> {
  const server = await startPostgres();
  await run(server.url, `create database ${TEMPLATE}`);
  await using database = openDatabase(new Secret(databaseOf(server.url, TEMPLATE)), manualClock());
  await migrate(database);
  return server;
}

function databaseOf(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
