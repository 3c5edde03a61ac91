import { pino, type DestinationStream } from "pino";

import type { LogLevel } from "./config.ts";
import type { Log } from "./core/ports.ts";

/** Structured lines on stderr: stdout is for data. Fields are ids, counts and codes; `core/ports.ts` lets nothing else in. */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  };
}
