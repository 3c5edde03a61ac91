/**
 * What it begins with, as many a run has next to nothing to write; and the most that is appended at once, if not for a piece
 * that is larger.
 */
const ROOM_BYTES = 1 << 16;
const MOST_ROOM_BYTES = 8 << 20;

/** Gathers pieces of lines into chunks to be written. A chunk is good until the next is asked for. */
export type EncodeLines = (pieces: Iterable<string | Uint8Array>) => Iterable<Buffer>;

/** One buffer for all that is written: large ones made anew live on until the next full garbage collection. */
export function createEncoder(): EncodeLines {
  let room = Buffer.allocUnsafe(ROOM_BYTES);
  return function* (pieces) {
    let end = 0;
    for (const piece of pieces) {
      const size = typeof piece === "string" ? Buffer.byteLength(piece) : piece.length;
      if (end > 0 && end + size > MOST_ROOM_BYTES) {
        yield room.subarray(0, end);
        end = 0;
      }
      if (end + size > room.length) {
        const larger = Buffer.allocUnsafe(Math.max(end + size, Math.min(2 * room.length, MOST_ROOM_BYTES)));
        room.copy(larger, 0, 0, end);
        room = larger;
      }
      if (typeof piece === "string") room.write(piece, end);
      else room.set(piece, end);
      end += size;
    }
    if (end > 0) yield room.subarray(0, end);
  };
}
