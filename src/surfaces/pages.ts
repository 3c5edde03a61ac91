import { createHash } from "node:crypto";

import type { Failure } from "../core/errors.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 0; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
code { font-size: 0.9em; overflow-wrap: anywhere; }
`;

/** What a Content-Security-Policy needs to let the pages' one style in, and nothing else. */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

/** Of pages that a server shows which has a console; the terminal's own has none. */
export const TO_CONSOLE = `<a href="/">Go to gmail-export</a>`;

export function signedInPage(account: string, ...links: readonly string[]): string {
  return page("You are signed in", [
    `gmail-export may now read the mail of <strong>${escape(account)}</strong>.`,
    "You can close this page. To sign out again, use <code>gmail-export logout</code> or <code>DELETE /auth</code>.",
    ...links,
  ]);
}

export function refusedPage({ message, next, code }: Failure, ...links: readonly string[]): string {
  return page("Not signed in", [escape(message), escape(next), `Nothing was stored. <code>${code}</code>`, ...links]);
}

function page(title: string, paragraphs: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · gmail-export</title>
<style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${paragraphs.map((text) => `<p>${text}</p>`).join("\n")}
</main></body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
