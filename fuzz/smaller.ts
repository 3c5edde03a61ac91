/** A smaller input that still `fails`: pieces are left out, half of it first and single bytes last, within `most` tries. */
export async function smaller(
  input: Buffer,
  fails: (candidate: Buffer) => Promise<boolean>,
  most = 400,
): Promise<Buffer> {
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1 && tries < most; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < most;) {
      const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      tries += 1;
      if (await fails(candidate)) best = candidate;
      else at += size;
    }
  }
  return best;
}
