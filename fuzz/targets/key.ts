import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { keyInFile } from "../../src/state/embedded/grants/key-in-file.ts";
import { filesOnDisk as files } from "../../src/storage/folder/private-files.ts";
import { must, type Target } from "../target.ts";

/** STATE_DIR/key: what it holds is told to nobody, also when it is no key. */
export const key: Target = {
  name: "key",
  share: 40,
  async open(folder) {
    const path = join(folder, "key");
    const { keys } = keyInFile(path, files);
    await writeFile(path, "", { mode: 0o600 });
    const good = Buffer.alloc(32, 7).toString("base64");
    return {
      seeds: [`${good}\n`, good, good.replace("=", ""), "zq7key4kx\n"].map((text) => Buffer.from(text)),
      async feed(input) {
        await writeFile(path, input);
        const { current } = await keys();
        must(current.symmetricKeySize === 32, "a key of another size");
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
