import { join } from "node:path";

import { accountFileName } from "../../src/core/account.ts";
import { failureOf } from "../../src/core/errors.ts";
import { archiveAsTar } from "../../src/pipeline/directory/reading/archive.ts";
import { verify } from "../../src/pipeline/verify.ts";
import { readDirectory } from "../../test/on-disk.ts";
import { exportsOfCorpus, filesOf, withFile } from "../exports.ts";
import { must, type Target } from "../target.ts";

/** A finished export, one file of which was changed: what reads it refuses it or finds the difference. */
export const finished: Target = {
  name: "finished",
  share: 35,
  async open(folder) {
    const { source, into } = await exportsOfCorpus();
    const [whole, copy] = [join(folder, "whole"), join(folder, "copy")];
    await into(whole);
    const seeds = await filesOf(whole);
    return {
      seeds: [...seeds, ...seeds.filter((seed) => seed.toString().startsWith("manifest.json"))],
      async feed(input) {
        await withFile(whole, copy, input);
        const verdict = await verify(copy, readDirectory, new AbortController().signal, source);
        const snapshot = await readDirectory.snapshot(copy);
        must(snapshot !== undefined, "a manifest that is there is not seen");
        const folderName = accountFileName(snapshot.manifest.email);
        must(/^[a-z0-9@._+%~-]*$/.test(folderName) && !folderName.includes("/"), "a folder's name", folderName);
        const { bytes, content } = await archiveAsTar(folderName, snapshot);
        await mustBeTar(content, bytes, verdict.sound);
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

const BLOCK = 512;

/** As long as was announced, or cut off; every header adds up. */
async function mustBeTar(content: AsyncIterable<Uint8Array>, announced: number, sound: boolean): Promise<void> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of content) chunks.push(chunk);
  } catch (error) {
    if (!failureOf(error)) throw error;
    must(!sound, "a sound export whose archive breaks off");
    return;
  }
  const archive = Buffer.concat(chunks);
  must(archive.length === announced, "an archive of another size than announced");
  for (let at = 0; archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    must(sum === octal(header, 148, 6) && octal(header, 136, 11) >= 0, "a tar header that is none");
    at += BLOCK + Math.ceil(octal(header, 124, 11) / BLOCK) * BLOCK;
  }
}

function octal(header: Buffer, at: number, digits: number): number {
  const text = header.toString("latin1", at, at + digits);
  must(/^[0-7]+$/.test(text), "a tar field that is no number", text);
  return Number.parseInt(text, 8);
}
