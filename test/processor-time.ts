import { expect, test } from "vitest";

/**
 * A test whose work may take so many milliseconds of this process's own processor time, whatever else the machine does
 * meanwhile. What has to grow with the size of its input, and not with its square, takes minutes where it does not: the
 * bounds are far above what it takes. What it works on may be made before.
 */
export function testProcessorTime<T>(
  name: string,
  limitMs: number,
  work: (given: T) => unknown,
  prepare: () => T = () => undefined as T,
): void {
  test(name, async () => {
    const given = prepare();
    const before = process.cpuUsage();
    await work(given);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000, "milliseconds of processor time").toBeLessThan(limitMs);
  });
}
