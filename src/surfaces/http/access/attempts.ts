import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { refuse } from "../../../core/errors.ts";

/** Attempts of one address (of one /64 in IPv6) within a minute. A proxy that is not trusted (TRUST_PROXY) is one address. */
type Attempts = Readonly<{
  /** Throws `too_many_attempts` when there is none left in this minute. */
  mustBeLeft(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  count(request: FastifyRequest): Promise<void>;
}>;

export type MakeAttempts = (perMinute: number) => Attempts;

/** Once for each server. */
export async function createAttemptLimits(app: FastifyInstance): Promise<MakeAttempts> {
  await app.register(rateLimit, { global: false });
  return (perMinute) => {
    const limit = app.createRateLimit({ max: perMinute, timeWindow: 60_000 });
    return {
      async mustBeLeft(request, reply) {
        const state = await limit(request, { increment: false });
        if (state.isAllowed || state.remaining > 0) return;
        void reply.header("retry-after", state.ttlInSeconds);
        throw refuse(
          "too_many_attempts",
          `More than ${perMinute} attempts came from this address within a minute.`,
          `Wait ${state.ttlInSeconds} seconds, then try again.`,
        );
      },
      async count(request) {
        await limit(request);
      },
    };
  };
}
