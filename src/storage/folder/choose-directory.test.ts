import { mkdir, realpath, rename, symlink } from "node:fs/promises";
import { join, relative } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";
import { failureOf } from "../../core/errors.ts";
import { checkDirectoryIn, chooseDirectoryIn } from "./choose-directory.ts";

test("left out, it is a folder of the account's own under EXPORT_DIR", async () => {
  await using folder = await scratchFolder();
  const root = join(await realpath(folder.path), "data");
  expect(await chooseDirectoryIn(root)("Ada@Example.com", undefined)).toBe(join(root, "ada@example.com"));
});

test("an account keeps the folder it has, whichever of its spellings is used", async () => {
  await using folder = await scratchFolder();
  const root = join(await realpath(folder.path), "data");
  await mkdir(join(root, "first.last@googlemail.com"), { recursive: true });
  await mkdir(join(root, "ada.b@example.com"));
  for (const spelling of ["firstlast@gmail.com", "First.Last@GoogleMail.com", "f.irstlast@googlemail.com"])
    expect(await chooseDirectoryIn(root)(spelling, undefined)).toBe(join(root, "first.last@googlemail.com"));
  expect(await chooseDirectoryIn(root)("adab@example.com", undefined)).toBe(join(root, "adab@example.com"));
});

test("a directory is taken from the working directory, and may be EXPORT_DIR itself", async () => {
  await using folder = await scratchFolder();
  const root = await realpath(folder.path);
  expect(await chooseDirectoryIn(root)("a@b.c", relative(process.cwd(), join(root, "x/y")))).toBe(join(root, "x/y"));
  expect(await chooseDirectoryIn(root)("a@b.c", root)).toBe(root);
});

test.each([["../out"], ["/etc"], ["a/../../out"], ["link/below"], ["link"], ["dangling/x"]])(
  "%j leads outside and is refused",
  async (given) => {
    await using folder = await scratchFolder();
    const root = join(folder.path, "data");
    await mkdir(join(root, "a"), { recursive: true });
    await mkdir(join(folder.path, "elsewhere"));
    await symlink(join(folder.path, "elsewhere"), join(root, "link"));
    await symlink(join(folder.path, "not-there-yet"), join(root, "dangling"));
    const path = given.startsWith("/") ? given : `${root}/${given}`;
    const choice = chooseDirectoryIn(root)("a@b.c", path);
    await expect(choice).rejects.toSatisfy((error) => failureOf(error)?.code === "outside_export_dir");
  },
);

test.each([["a\0b"], ["a/line\nbreak"], ["x".repeat(256)], ["exe\u202egpj/b"], ["x/".repeat(30_000)]])(
  "%j is no name for a folder",
  async (given) => {
    await using folder = await scratchFolder();
    const choice = chooseDirectoryIn(folder.path)("a@b.c", `${folder.path}/${given}`);
    await expect(choice).rejects.toSatisfy((error) => failureOf(error)?.code === "unusable_directory");
  },
);

test("no address, however odd, names a folder outside", async () => {
  await using folder = await scratchFolder();
  const root = await realpath(folder.path);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (local) => {
      const chosen = await chooseDirectoryIn(root)(`${local}@example.com`, undefined);
      expect(relative(root, chosen)).toMatch(/^[^/]+$/);
    }),
  );
});

test.each([
  ["itself", "loop"],
  ["itself by way of what is not there", "missing/../loop"],
  ["another that leads back", "back"],
])("a link to %s is told, and not followed for ever", async (_, target) => {
  await using folder = await scratchFolder();
  await symlink(target, join(folder.path, "loop"));
  await symlink("missing/../loop", join(folder.path, "back"));
  for (const given of ["loop", "loop/below", "back"]) {
    const choice = chooseDirectoryIn(folder.path)("a@b.c", join(folder.path, given));
    await expect(choice).rejects.toSatisfy((error) => failureOf(error)?.code === "unusable_directory");
  }
});

test("a directory that was chosen is looked at again when an export goes on: a link in its place, or above it, is seen", async () => {
  await using folder = await scratchFolder();
  const root = join(await realpath(folder.path), "data");
  const chosen = join(root, "above", "ada");
  const elsewhere = join(await realpath(folder.path), "elsewhere");
  await mkdir(chosen, { recursive: true });
  await mkdir(join(elsewhere, "ada"), { recursive: true });
  const check = checkDirectoryIn(root);
  expect(await check(chosen)).toBe(chosen);
  await rename(join(root, "above"), join(root, "moved"));
  await symlink(join(root, "moved"), join(root, "above"));
  expect(await check(chosen)).toBe(join(root, "moved", "ada")); // still inside
  await rename(join(root, "above"), join(root, "link"));
  await symlink(elsewhere, join(root, "above"));
  await expect(check(chosen)).rejects.toMatchObject({ failure: { code: "outside_export_dir" } });
});
