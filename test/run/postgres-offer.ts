import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import pg from "pg";

import { Secret } from "../../src/core/secret.ts";
import { openDatabase } from "../../src/state/postgres/database.ts";
import { migrate } from "../../src/state/postgres/migrations.ts";
import { manualClock } from "../manual-clock.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

/** The way to one PostgreSQL for all files of a run; `address` answers a GET with the URL of a database of the asker's own. */
export type PostgresOffer = Readonly<{ address: string; close(): Promise<void> }>;

/** The name of the database that all others are copies of. */
const TEMPLATE = "made_ready";

/** Starts the server when it is first asked for, so that a run without such tests has none. */
export async function offerPostgres(): Promise<PostgresOffer> {
  const path = `/${randomUUID()}`; // other users of this machine cannot guess it
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
  const server = createServer((asked, answer) => {
    const wanted = { [path]: TEMPLATE, [`${path}/empty`]: "template1" }[asked.url ?? ""];
    if (wanted === undefined) return void answer.writeHead(404).end();
    make(wanted).then(
      (url) => answer.end(url),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.close();
      server.closeAllConnections();
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
