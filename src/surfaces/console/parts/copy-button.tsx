import { useState } from "preact/hooks";

import { inBoth } from "../language.ts";

const words = inBoth({
  en: { copy: "Copy", copied: "Copied", refused: "Not allowed: select it" },
  fr: { copy: "Copier", copied: "Copié", refused: "Non permis : sélectionnez-le" },
});

/** `what` names it for readers: "redirect URI". Browsers give the clipboard to secure pages alone; elsewhere there is no button. */
export function CopyButton({ what, text }: { what: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const w = words();
  const [refused, setRefused] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return setRefused(true); // the browser, or the person, does not let pages write there
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  if (!isSecureContext) return null;
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{refused ? w.refused : copied ? w.copied : w.copy}</span>
      <span class="for-readers"> {what}</span>
    </button>
  );
}
