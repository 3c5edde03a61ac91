import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { useResource } from "../resource.ts";
import { countBlocked, htmlPath } from "./records-api.ts";

const words = inBoth({
  en: {
    title: "The message, as HTML",
    blocked: (count: number) =>
      count === 1
        ? "1 remote image or other outside content was not loaded: senders use them to see who reads."
        : `${number(count)} remote images and other outside content were not loaded: senders use them to see who reads.`,
  },
  fr: {
    title: "Le message, en HTML",
    blocked: (count) =>
      count === 1
        ? "1 image distante ou autre contenu extérieur n'a pas été chargé : les expéditeurs s'en servent pour voir qui lit."
        : `${number(count)} images distantes et autres contenus extérieurs n'ont pas été chargés : les expéditeurs s'en servent pour voir qui lit.`,
  },
});

/** A stranger's HTML, sanitised by the server, in a frame that may do nothing: no scripts, forms, popups or navigation, and an origin of its own. */
export function HtmlFrame({ id, message }: { id: string; message: string }) {
  const w = words();
  const blocked = useResource(htmlPath(id, message), (signal) => countBlocked(id, message, signal));
  return (
    <Loaded from={blocked}>
      {(count) => (
        <>
          {count > 0 && <Notice kind="plain">{w.blocked(count)}</Notice>}
          <div class="letter">
            <iframe sandbox="" referrerpolicy="no-referrer" src={htmlPath(id, message)} title={w.title} />
          </div>
        </>
      )}
    </Loaded>
  );
}
