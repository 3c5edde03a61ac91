import { newDatabase } from "../../../test/postgres.ts";
import { systemClock as clock } from "../../clock.ts";
import { Secret } from "../../core/secret.ts";
import { openDatabase, type Database } from "./database.ts";

/** Tables of a test's own, and connections to them as several processes have them. */
export type PostgresStage = AsyncDisposable & Readonly<{ url: Secret; database: Database; another(): Database }>;

export async function postgresStage(): Promise<PostgresStage> {
  const url = new Secret(await newDatabase());
  await using opened = new AsyncDisposableStack();
  const another = (): Database => kept.use(openDatabase(url, clock));
  const kept = opened.move();
  return { url, database: another(), another, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
