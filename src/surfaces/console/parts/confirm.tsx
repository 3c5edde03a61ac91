import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import { inBoth } from "../language.ts";

const words = inBoth({ en: { back: "Go back" }, fr: { back: "Revenir" } });

/** A button that asks before it does what cannot be undone. The browser's own dialog keeps the focus inside. */
export function ConfirmButton({
  label,
  question,
  yes,
  busy,
  onConfirm,
  children,
}: {
  label: string;
  question: string;
  yes: string;
  busy: boolean;
  onConfirm: () => void;
  children?: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = (): void => dialog.current?.close();
  return (
    <>
      <button type="button" class="danger" disabled={busy} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-label={question}>
        <h2>{question}</h2>
        {children}
        <div class="actions">
          <button type="button" onClick={close}>
            {words().back}
          </button>
          <button
            type="button"
            class="danger"
            onClick={() => {
              close();
              onConfirm();
            }}
          >
            {yes}
          </button>
        </div>
      </dialog>
    </>
  );
}
