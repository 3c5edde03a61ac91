import { inBoth } from "../language.ts";

const words = inBoth({
  en: { misleading: "The name looks like an address, but the message is from another" },
  fr: { misleading: "Le nom ressemble à une adresse, mais le message vient d'une autre" },
});

/** Says that a sender's name is not to be taken for the address: a sign for the eye, words for readers. */
export function Misleading() {
  const text = words().misleading;
  return (
    <span class="misleading" title={text}>
      <span aria-hidden="true">⚠ </span>
      <span class="for-readers">{text}: </span>
    </span>
  );
}
