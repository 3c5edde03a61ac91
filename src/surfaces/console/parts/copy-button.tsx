import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";

const words = inBoth({
  en: { copy: "Copy", copied: "Copied" },
  fr: { copy: "Copier", copied: "Copié" },
});

/** `what` names it for readers: "redirect URI". Browsers give the clipboard to secure pages alone; elsewhere there is no button. */
export function CopyButton({ what, text }: { what: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const w = words();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  if (!isSecureContext) return null;
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{copied ? w.copied : w.copy}</span>
      <span class="for-readers"> {what}</span>
    </button>
  );
}
