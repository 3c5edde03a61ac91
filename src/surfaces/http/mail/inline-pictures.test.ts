import { describe, expect, test } from "vitest";

import { sha256Of } from "../../../../test/contracts/record-content.ts";
import { record } from "../../../../test/written-export.ts";
import type { AttachmentRecord, ExportRecord } from "../../../core/mail/record.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";
import { GIF_AND_SCRIPT, HTML, PNG, stageRoutes, stored, SVG } from "./testing.ts";

describe("the html of a message", () => {
  const inline = (content: Buffer, contentId: string): AttachmentRecord =>
    stored(content, { contentId, inline: true, mimeType: "image/png" });
  const withHtml = (id: string, html: string, Attachments: readonly AttachmentRecord[]): ExportRecord =>
    record(id, { Body: { plain: "", html }, Attachments });

  test("shows pictures that the export holds, by their bytes, and never what only says that it is one", async () => {
    await using other = await stageRoutes();
    for (const bytes of [PNG, SVG, HTML, GIF_AND_SCRIPT]) await other.put(attachmentPath(sha256Of(bytes)), bytes);
    const { sha256: _, path: __, ...listed } = inline(PNG, "listed");
    const pictures = [
      inline(PNG, "png"),
      inline(SVG, "svg"),
      inline(HTML, "html"),
      inline(GIF_AND_SCRIPT, "gif"),
      inline(Buffer.from("gone"), "gone"),
      listed,
      stored(PNG, { contentId: "file" }),
    ];
    const ids = ["png", "svg", "html", "gif", "gone", "listed", "file", "none"];
    const html = ids.map((id) => `<img alt="${id}" src="cid:${id}">`).join("");
    await other.write({ 1: [withHtml("a1", html, pictures)] });
    const { status, headers, bytes } = await other.ask("a1/html");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-absent-inline-images": "3",
      "x-withheld-inline-images": "3",
    });
    expect(headers["content-security-policy"]).toMatch(/img-src data:;.*sandbox$/);
    const shown = [...bytes.toString().matchAll(/<img alt="(\w+)" src="data:([^;"]+);base64,([\w+/=]*)" \/>/g)];
    expect(shown.map(([, alt, type, text]) => [alt, type, Buffer.from(text!, "base64").toString("latin1")])).toEqual([
      ["png", "image/png", PNG.toString("latin1")],
      ["gif", "image/gif", GIF_AND_SCRIPT.toString("latin1")],
    ]);
    const without = await other.ask("a1/html?pictures=false");
    expect(without.headers["x-withheld-inline-images"]).toBe("3");
    expect(without.bytes.toString()).toContain('<img alt="png" src="data:image/png;base64," />');
    expect(await other.ask("a1/html?pictures=1")).toMatchObject({ status: 422, code: "invalid_fields" });
  });

  test("shows a large picture whole, as often as the limit lets it, and cannot be made to hold one in its text", async () => {
    await using other = await stageRoutes();
    const large = Buffer.concat([PNG, Buffer.alloc(11 << 20, "p")]);
    const tooLarge = Buffer.concat([PNG, Buffer.alloc(13 << 20, "q")]);
    for (const bytes of [large, tooLarge]) await other.put(attachmentPath(sha256Of(bytes)), bytes);
    const mark = `${"0".repeat(64)}.0.`;
    const html = `<p title="${mark}">${mark}</p>${'<img src="cid:large">'.repeat(9)}<img src="cid:too">`;
    await other.write({ 1: [withHtml("a1", html, [inline(large, "large"), inline(tooLarge, "too")])] });
    const { headers, bytes } = await other.ask("a1/html");
    expect(headers["x-withheld-inline-images"]).toBe("8");
    const text = bytes.toString();
    const shown = [...text.matchAll(/base64,([\w+/=]*)"/g)].map(([, one]) => sha256Of(Buffer.from(one!, "base64")));
    expect(shown).toEqual([sha256Of(large), sha256Of(large)]);
    expect(text).toContain(`<p title="${mark}">${mark}</p>`);
  });
});
