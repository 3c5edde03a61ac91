import { expect, test } from "vitest";

import { shellWord, signIn, signInAnew } from "../../../doctor/words.ts";
import { inFrench } from "../../words/french.ts";
import { remedyOf } from "./remedy.ts";

const ADA = "ada@example.com";
const finding = (next: string, id: "grant" | "gmail" | "grant_age" | "signed_in" | "scopes_granted" = "grant") => ({
  id,
  status: "fail" as const,
  next,
});

test("to sign in there is a button in place of the command, and nothing but it where that is all", () => {
  expect(remedyOf(finding(`${signIn(ADA)}.`))).toEqual({ text: "", action: "sign_in" });
  expect(remedyOf(finding(`${signIn("")}.`, "signed_in"))).toEqual({ text: "", action: "sign_in" });
  const anew = remedyOf(finding(signInAnew(ADA)));
  expect(anew).toEqual({
    text: expect.stringMatching(/^Sign in again\. Did it end after seven days\?/),
    action: "sign_in",
  });
  expect(anew.text).not.toContain("gmail-export");
});

test("where one must sign out first, the words say so, and the button leads to the accounts", () => {
  expect(
    remedyOf(finding(`gmail-export logout ${ADA}, then ${signIn(ADA)}, and choose ${ADA} on Google's page.`)),
  ).toEqual({
    text: `Sign out of ${ADA}, then sign in again, and choose ${ADA} on Google's page.`,
    action: "accounts",
  });
  const scope = `Take it out of GMAIL_SCOPES, then gmail-export logout ${ADA} (so that Google forgets it), then ${signIn(ADA)}.`;
  expect(remedyOf(finding(scope, "scopes_granted")).text).toBe(
    `Take it out of GMAIL_SCOPES, then sign out of ${ADA} (so that Google forgets it), then sign in again.`,
  );
});

test("a client file leads to the setup guide, a command of the system is there to copy, the rest stays as it is", () => {
  expect(remedyOf({ id: "redirect_uri", status: "fail", next: "Add it." })).toEqual({
    text: "Add it.",
    action: "setup",
  });
  const chmod = `chmod 700 ${shellWord("/mail/data")}`;
  expect(remedyOf({ id: "export_dir", status: "warn", next: chmod })).toEqual({ text: chmod, action: "copy" });
  expect(remedyOf({ id: "disk_room", status: "warn", next: "Make room." })).toEqual({
    text: "Make room.",
    action: undefined,
  });
});

test("what is left of a sentence has its French", () => {
  const sentences = [
    signInAnew(ADA),
    `gmail-export logout ${ADA}, then ${signIn(ADA)}, and choose ${ADA} on Google's page.`,
    `gmail-export logout ${ADA}, then ${signIn(ADA)}, and tick the box for reading mail on Google's page, if there is one.`,
    `Take it out of GMAIL_SCOPES, then gmail-export logout ${ADA} (so that Google forgets it), then ${signIn(ADA)}.`,
    `Sign in again, and tick the box for reading mail on Google's page, if there is one: ${signIn(ADA)}.`,
    `To be sure, in the Google Cloud console open Google Auth Platform → Audience and press Publish app (https://x.example), then sign in once more: ${signIn(ADA)}. Where that page says In production or Internal, there is nothing to do.`,
    "Put back the key (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR); or sign in again, which replaces the file. gmail-export doctor you@example.com says more of one account.",
  ];
  for (const sentence of sentences) {
    const { text } = remedyOf(finding(sentence));
    const french = inFrench(text);
    expect(french, text).toBeDefined();
    expect(french).not.toMatch(/\bSign in\b|gmail-export/i);
  }
});
