import { inBoth } from "../language.ts";

const words = inBoth({
  en: { attachments: (count: number) => (count === 1 ? "1 attachment" : `${count} attachments`) },
  fr: { attachments: (count) => (count === 1 ? "1 pièce jointe" : `${count} pièces jointes`) },
});

/** Says that there are attachments: a sign for the eye, words for readers. */
export function Paperclip({ count }: { count: number }) {
  if (count === 0) return null;
  const text = words().attachments(count);
  return (
    <span class="paperclip" title={text}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d="M4.5 7.5 9 3a2.5 2.5 0 0 1 3.5 3.5L7 12a1.5 1.5 0 0 1-2.1-2.1l4.6-4.6" />
      </svg>
      <span class="for-readers">{text}</span>
    </span>
  );
}
