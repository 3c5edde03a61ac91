import { createHash } from "node:crypto";

import type { Failure } from "../core/errors.ts";
import { failureIn } from "./words/french.ts";
import type { Language } from "./words/language.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto 0; padding: 0 1.25rem; }
header { font-weight: 650; color: light-dark(#56616f, #a3aebc); }
h1 { font-size: 1.5rem; line-height: 1.25; }
p, code { overflow-wrap: anywhere; }
code { font-size: 0.9em; }
.button { display: inline-block; padding: 0.5rem 1.1rem; border-radius: 8px; text-decoration: none; background: light-dark(#1c5d99, #7db8ee); color: light-dark(#ffffff, #0d1a27); }
`;

/** What a Content-Security-Policy needs to let the pages' one style in, and nothing else. */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

const WORDS = {
  en: {
    signedIn: "You are signed in",
    mayRead: (account: string) => `gmail-export may now read the mail of ${account}.`,
    close:
      "You can close this page. To sign out again, use <code>gmail-export logout</code> or <code>DELETE /auth</code>.",
    refused: "Not signed in",
    nothing: (code: string) => `Nothing was stored. ${code}`,
    again: "Sign in again",
    console: "Go to gmail-export",
  },
  fr: {
    signedIn: "Vous êtes connecté",
    mayRead: (account: string) => `gmail-export peut maintenant lire le courrier de ${account}.`,
    close:
      "Vous pouvez fermer cette page. Pour vous déconnecter : <code>gmail-export logout</code> ou <code>DELETE /auth</code>.",
    refused: "Pas connecté",
    nothing: (code: string) => `Rien n'a été enregistré. ${code}`,
    again: "Se reconnecter",
    console: "Aller à gmail-export",
  },
} as const;

/** Where a page leads on to, on a server that has these addresses; the terminal's own has neither. */
export type Ways = Readonly<{ signIn?: string; console?: string }>;

/** The end of a sign-in, for who has signed in. */
export function signedInPage(language: Language, account: string, ways: Ways = {}): string {
  const w = WORDS[language];
  return page(language, w.signedIn, [
    w.mayRead(`<strong>${escape(account)}</strong>`),
    w.close,
    ...links(language, { ...ways, signIn: undefined }),
  ]);
}

/** The end of a sign-in that came to nothing: what happened, what to do, and the ways on. */
export function refusedPage(language: Language, failure: Failure, ways: Ways = {}): string {
  const w = WORDS[language];
  const { message, next, code } = failureIn(language, failure);
  return page(language, w.refused, [
    escape(message),
    escape(next),
    w.nothing(`<code>${code}</code>`),
    ...links(language, ways),
  ]);
}

function links(language: Language, { signIn, console }: { signIn?: string | undefined; console?: string }): string[] {
  const w = WORDS[language];
  return [
    ...(signIn === undefined ? [] : [`<a class="button" href="${escape(signIn)}">${w.again}</a>`]),
    ...(console === undefined ? [] : [`<a href="${escape(console)}">${w.console}</a>`]),
  ];
}

function page(language: Language, title: string, paragraphs: readonly string[]): string {
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · gmail-export</title>
<style>${STYLE}</style></head>
<body><header>gmail-export</header><main><h1>${title}</h1>
${paragraphs.map((text) => `<p>${text}</p>`).join("\n")}
</main></body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
