import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";

const words = inBoth({
  en: { copy: "Copy", copied: "Copied" },
  fr: { copy: "Copier", copied: "Copié" },
});

/** A value to type somewhere else, with a button that copies it; `shown` is the short of it, where it is long. `what` names it for readers: "redirect URI". */
export function CopyText({ what, text, shown = text }: { what: string; text: string; shown?: string }) {
  const [copied, setCopied] = useState(false);
  const w = words();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <span class="copy-text">
      <code>{shown}</code>
      {/* Browsers give the clipboard to secure pages alone; the text can be selected as well. */}
      {isSecureContext && (
        <button type="button" class="quiet" onClick={() => void copy()} aria-label={`${w.copy}: ${what}`}>
          <span aria-live="polite">{copied ? w.copied : w.copy}</span>
        </button>
      )}
    </span>
  );
}
