import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { reportDomain } from "./report.ts";

/* `npm run bench:domain`: writes the figures of docs/operations/ten-thousand-mailboxes.md, between its two marks. */

const PAGE = fileURLToPath(import.meta.resolve("../../docs/operations/ten-thousand-mailboxes.md"));
const [BEGIN, END] = ["<!-- figures -->", "<!-- end of figures -->"];

const report = reportDomain();
const page = await readFile(PAGE, "utf8");
await writeFile(
  PAGE,
  `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n\n${report}\n\n${page.slice(page.indexOf(END))}`,
);
process.stdout.write(`${report}\n`);
