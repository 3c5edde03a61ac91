import { failureInFrench, inFrench } from "../../words/french.ts";
import { language } from "../language.ts";
import { linksIn } from "../links-in.ts";
import { OutLink } from "./out-link.tsx";

/**
 * A sentence of the server's, with the web addresses in it to be followed: in French where that is known, else as it
 * came. With the code of the failure it belongs to, a sentence that is not known becomes what the code means.
 */
export function Sentence({ text, code, part = "message" }: { text: string; code?: string; part?: "message" | "next" }) {
  const told = language.value === "fr" ? inPersonsLanguage(text, code, part) : text;
  return (
    <span lang={told === text ? "en" : language.value}>
      {linksIn(told).map((piece, i) =>
        i % 2 === 0 ? (
          piece
        ) : (
          <OutLink key={piece} href={piece}>
            {piece}
          </OutLink>
        ),
      )}
    </span>
  );
}

function inPersonsLanguage(text: string, code: string | undefined, part: "message" | "next"): string {
  if (code === undefined) return inFrench(text) ?? text;
  return failureInFrench({ code, message: text, next: text })[part];
}
