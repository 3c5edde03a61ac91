import fc from "fast-check";
import { expect, test } from "vitest";

import { NewExport } from "../../http/exports/new-export.ts";
import { bodyOf, complaintsOf, EMPTY, nameIn } from "./form.ts";

const ADA = { ...EMPTY, email: "ada@example.com" };
const DATA = "/mail/data";

test("a form left as it is asks for the whole mailbox, in words that the server takes", () => {
  expect(bodyOf(ADA, DATA)).toEqual({ email: "ada@example.com" });
  expect(NewExport.parse(bodyOf(ADA, DATA))).toMatchObject({ max_emails: null, labels: [], include_spam_trash: false });
});

test("everything that is filled in is asked for", () => {
  const body = bodyOf(
    {
      ...ADA,
      howMany: "newest",
      newest: "10 000",
      query: " label:travel ",
      labels: ["INBOX"],
      otherLabels: "Label_3, INBOX;Plans 2027 ",
      spamAndTrash: true,
      attachments: true,
      formats: ["eml"],
      directory: " trip/lisbon ",
      batchSize: "1,000",
    },
    DATA,
  );
  expect(NewExport.parse(body)).toEqual({
    email: "ada@example.com",
    max_emails: 10_000,
    query: "label:travel",
    labels: ["INBOX", "Label_3", "Plans 2027"],
    include_spam_trash: true,
    prune: false,
    attachments: true,
    formats: ["eml"],
    output_dir: "/mail/data/trip/lisbon",
    batch_size: 1_000,
    priority: 0,
  });
});

test("a folder is a name inside EXPORT_DIR, and a path that was typed whole stays as it is", () => {
  for (const [name, path] of [
    ["trip", "/mail/data/trip"],
    ["../trip", "/mail/data/../trip"],
    ["/elsewhere", "/elsewhere"],
  ] as const) {
    expect(bodyOf({ ...ADA, directory: name }, DATA)).toMatchObject({ output_dir: path });
    expect(nameIn(DATA, path)).toBe(name);
  }
  expect(nameIn("/", "/trip")).toBe("trip");
  expect(nameIn(DATA, "/mail/database/trip")).toBe("/mail/database/trip");
});

test("whoever wants the newest few never gets all: what is no number is refused", () => {
  fc.assert(
    fc.property(fc.string(), (newest) => {
      const asked = NewExport.safeParse(bodyOf({ ...ADA, howMany: "newest", newest }, DATA));
      expect(asked.success ? asked.data.max_emails : "refused").not.toBeNull();
    }),
  );
  for (const newest of ["", "some", "-1", "0", "1e3"])
    expect(NewExport.safeParse(bodyOf({ ...ADA, howMany: "newest", newest }, DATA)).success).toBe(false);
});

test("complaints stand at their fields, the first one of each", () => {
  const complaints = complaintsOf([
    { field: "max_emails", message: "too small" },
    { field: "max_emails", message: "and odd" },
    { field: "labels.0", message: "too short" },
    { field: "body", message: "invalid" },
  ]);
  expect(complaints).toEqual({ max_emails: "too small", labels: "too short" });
});
