import { linksIn } from "../links-in.ts";
import { OutLink } from "./out-link.tsx";

/** A sentence of the server's: English, with the web addresses in it to be followed. */
export function Sentence({ text }: { text: string }) {
  return (
    <span lang="en">
      {linksIn(text).map((piece, i) =>
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
