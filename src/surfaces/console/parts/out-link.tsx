import type { ComponentChildren } from "preact";

import { inBoth } from "../language.ts";

const words = inBoth({ en: { tab: "opens in a new tab" }, fr: { tab: "s'ouvre dans un nouvel onglet" } });

/** A link to somebody else's page, which opens beside the console and is not told where the person came from. */
export function OutLink({ href, look, children }: { href: string; look?: "button"; children: ComponentChildren }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" class={look}>
      {children}
      <span aria-hidden="true"> ↗</span>
      <span class="for-readers"> ({words().tab})</span>
    </a>
  );
}
