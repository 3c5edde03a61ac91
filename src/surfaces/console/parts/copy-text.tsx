import { CopyButton } from "./copy-button.tsx";

/** A value to type somewhere else, with a button that copies it. `what` names it for readers: "redirect URI". */
export function CopyText({ what, text }: { what: string; text: string }) {
  return (
    <span class="copy-text">
      <code>{text}</code>
      {/* The text can be selected as well. */}
      <CopyButton what={what} text={text} />
    </span>
  );
}
