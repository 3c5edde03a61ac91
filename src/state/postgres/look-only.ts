import { codeOf } from "../../core/bare-cause.ts";
import type { Database } from "./database.ts";

/** No such table, no such schema (PostgreSQL, Appendix A). */
const NOT_MADE: ReadonlySet<string> = new Set(["42P01", "3F000"]);

/** The same database for who only looks, and makes no tables: where there are none yet, nothing is in them. */
export function lookOnly(database: Database): Database {
  return {
    ...database,
    async query(sql, values, signal) {
      try {
        return await database.query(sql, values, signal);
      } catch (error) {
        if (NOT_MADE.has(codeOf(error))) return [];
        throw error;
      }
    },
  };
}
