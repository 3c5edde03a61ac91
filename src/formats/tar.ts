import type { EpochMs } from "../core/time.ts";

/** A file for an archive. `content` must bring exactly `bytes` bytes. */
export type TarEntry = Readonly<{ path: string; bytes: number; content(): AsyncIterable<Uint8Array> }>;

const BLOCK = 512;

/** Eleven octal digits: 8 GiB less one byte. */
const LARGEST = 8 ** 11 - 1;

/**
 * Files in the ustar format of POSIX.1-2024 (pax), which every tar reads. A path that ustar cannot hold, or a size, is
 * told in an extended header before it. The end of the archive is two blocks of zeros.
 */
export function tar(
  entries: readonly TarEntry[],
  modifiedAt: EpochMs,
): Readonly<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
  const modified = Math.max(0, Math.floor(modifiedAt / 1000)); // the field holds no year before 1970
  const headers = entries.map((entry) => headerOf(entry, modified));
  const sizes = entries.map((entry, i) => headers[i]!.length + padded(entry.bytes));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 2 * BLOCK),
    content: (async function* () {
      for (const [i, entry] of entries.entries()) {
        yield headers[i]!;
        let bytes = 0;
        for await (const chunk of entry.content()) {
          bytes += chunk.length;
          yield chunk;
        }
        if (bytes !== entry.bytes) throw new RangeError(`${bytes} bytes came where ${entry.bytes} were announced`);
        yield Buffer.alloc(padded(bytes) - bytes);
      }
      yield Buffer.alloc(2 * BLOCK);
    })(),
  };
}

function headerOf({ path, bytes }: TarEntry, modified: number): Buffer {
  const plain = /^[\x20-\x7e]{1,100}$/.test(path);
  const records = [...(plain ? [] : [pax("path", path)]), ...(bytes > LARGEST ? [pax("size", String(bytes))] : [])];
  const header = ustar("0", plain ? path : "see-the-pax-header", Math.min(bytes, LARGEST), modified);
  if (records.length === 0) return header;
  const extended = Buffer.from(records.join(""));
  const content = Buffer.alloc(padded(extended.length));
  extended.copy(content);
  return Buffer.concat([ustar("x", "pax-header", extended.length, modified), content, header]);
}

/** `<length> <key>=<value>\n`, where the length in bytes counts its own digits. */
function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length += 1;
  return `${length}${rest}`;
}

/** One header block. Readable and writable for the owner alone, owned by nobody: who unpacks it owns it. */
function ustar(type: "0" | "x", name: string, size: number, modified: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): number =>
    block.write(value.toString(8).padStart(digits, "0"), at, "latin1");
  block.write(name, 0, "latin1");
  octal(0o600, 100, 7); // mode
  octal(0, 108, 7); // uid
  octal(0, 116, 7); // gid
  octal(size, 124, 11);
  octal(modified, 136, 11);
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  // The checksum is the sum of all bytes of the header, its own field counted as spaces.
  block.fill(" ", 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}
