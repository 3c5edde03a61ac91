import { mkdir, realpath, rm, symlink } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

import * as fc from "fast-check";

import { chooseDirectoryIn } from "../../src/storage/folder/choose-directory.ts";
import { mustBeUntouched } from "../judge.ts";
import { must, type Target } from "../target.ts";

/** `output_dir` of a request, or, where the input begins with "@", the account's address: what is chosen is made, and looked at. */
export const outputDir: Target = {
  name: "output-dir",
  share: 70,
  async open(folder) {
    const root = join(folder, "data");
    await mkdir(join(root, "sub"), { recursive: true });
    await mkdir(join(folder, "outside"));
    await symlink(join(folder, "outside"), join(root, "out"));
    await symlink("../nowhere", join(root, "dangling"));
    await symlink("sub", join(root, "in"));
    await symlink("loop", join(root, "loop"));
    const choose = chooseDirectoryIn(root);
    const real = await realpath(root);
    const names = [
      "",
      "/x",
      "/sub/x",
      "/in/x",
      "/out",
      "/out/x",
      "/dangling/x",
      "/in/../../x",
      "/sub/../out/x",
      "/loop/x",
      "2",
    ];
    return {
      seeds: [...names.map((name) => root + name), "x", "../x", "@ada@example.com", `@${sep}..${sep}x@y`].map((text) =>
        Buffer.from(text),
      ),
      shapes: fc
        .array(fc.constantFrom("..", ".", "", "sub", "in", "out", "dangling", "a", "\0", "\n"), { maxLength: 8 })
        .map((parts) => `${root}/${parts.join("/")}`),
      async feed(input) {
        const text = input.toString();
        const chosen = await (text.startsWith("@")
          ? choose(text.slice(1), undefined)
          : choose("ada@example.com", text));
        const made = await mkdir(chosen, { recursive: true }).then(
          () => realpath(chosen),
          () => undefined, // a name that no file system takes
        );
        must(made === undefined || made === real || made.startsWith(real + sep), "outside of EXPORT_DIR", made);
        const top = made?.slice(real.length + 1).split(sep)[0];
        if (top && top !== "sub") await rm(join(root, top), { recursive: true, force: true });
        mustBeUntouched(folder, ["nowhere", "x", "outside/x", "data2"]);
        mustBeUntouched(dirname(folder), ["x"]);
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
