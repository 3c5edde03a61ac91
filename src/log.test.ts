import { expect, test } from "vitest";

import { createLog, forPeople } from "./log.ts";

test("at a terminal a log line is short and for people; piped it is JSON", () => {
  const lines: string[] = [];
  const log = createLog(
    "info",
    forPeople((line) => void lines.push(line)),
  );
  log.info("export stopped", { export: "b7c3", state: "completed", code: undefined, listed: 12 });
  log.warn("wrong API key", { requestId: "r-1" });
  log.debug("unheard");
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d export stopped {2}export=b7c3 {2}state=completed {2}listed=12\n$/);
  expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d ! wrong API key\n$/);
  expect(lines).toHaveLength(2);

  const json: string[] = [];
  createLog("info", { write: (line: string) => void json.push(line) }).info("request", { status: 200 });
  expect(JSON.parse(json[0]!)).toMatchObject({ level: 30, msg: "request", status: 200 });
});
