import { createGunzip as openGunzip, type Gunzip as ZlibGunzip } from "node:zlib";

/** Most answers fit into one piece. */
const PIECE_BYTES = 64 << 10;

/** Header and trailer (RFC 1952). The trailer ends with the size of what was compressed, modulo 2^32. */
const LEAST_BYTES = 18;

/** Rejects with a RangeError when more comes out than is allowed, and with another Error when it is no gzip, or not all of it. */
export type Gunzip = (body: Buffer) => Promise<Buffer>;

/**
 * Decompresses one answer after another with one zlib object, on another thread. Node frees such an object, and the buffer
 * it holds, in a full garbage collection only: with one for every answer, an export took a third more memory.
 */
export function createGunzip(maxBytes: number): Gunzip {
  let kept: ZlibGunzip | undefined;
  let tail: Promise<unknown> = Promise.resolve();

  const decompress = (body: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const zlib = (kept ??= openGunzip({ chunkSize: PIECE_BYTES }));
      const pieces: Buffer[] = [];
      let size = 0;
      const fail = (error: Error): void => {
        kept = undefined; // what is left in it belongs to this answer
        zlib.destroy();
        reject(error);
      };
      const take = (piece: Buffer): void => {
        size += piece.length;
        pieces.push(piece);
        if (size > maxBytes) fail(new RangeError("too large"));
      };
      const failAtTrailer = (): void => fail(new Error("something follows the gzip"));
      zlib.on("data", take).once("error", fail).once("end", failAtTrailer);
      zlib.write(body, () => {
        if (kept !== zlib) return;
        // As nothing is ever ended, zlib does not notice by itself that an answer was cut short.
        if (size % 2 ** 32 !== body.readUInt32LE(body.length - 4)) return fail(new Error("cut short"));
        zlib.off("data", take).off("error", fail).off("end", failAtTrailer);
        zlib.reset();
        resolve(Buffer.concat(pieces, size));
      });
    });

  return (body) => {
    if (body.length < LEAST_BYTES) return Promise.reject(new Error("cut short"));
    const result = tail.then(() => decompress(body));
    tail = result.catch(() => {});
    return result;
  };
}
