import { pino, type DestinationStream } from "pino";

import type { LogLevel } from "./config.ts";
import type { Log } from "./core/ports/log.ts";

/**
 * Structured lines on stderr: stdout is for data. Fields are ids, counts and codes; `core/ports/log.ts` lets nothing else in.
 * For people, where stderr is a terminal, a short line each; JSON everywhere else.
 */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  };
}

/** Takes the log's lines and writes them as people read them: `10:24:07 export stopped  state=completed`. */
export function forPeople(write: (line: string) => void): DestinationStream {
  return {
    write(json: string) {
      const { level, time, msg, ...fields }: Record<string, unknown> = JSON.parse(json);
      const at = new Date(String(time)).toLocaleTimeString("en-GB");
      const sign = Number(level) >= 50 ? "✗ " : Number(level) >= 40 ? "! " : "";
      const told = Object.entries(fields)
        .filter(([name, value]) => value !== undefined && value !== null && name !== "requestId")
        .map(([name, value]) => `${name}=${String(value)}`);
      write(`${[`${at} ${sign}${String(msg)}`, ...told].join("  ")}\n`);
    },
  };
}
