import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { useResource } from "../resource.ts";
import { heightOf } from "./height-of.ts";
import { getInertHtml, htmlPath } from "./records-api.ts";

const words = inBoth({
  en: {
    title: "The message, as HTML",
    remote: (count: number) =>
      count === 1
        ? "1 remote image or other outside content was not loaded: senders use them to see who reads."
        : `${number(count)} remote images and other outside content were not loaded: senders use them to see who reads.`,
    absent: (count: number) =>
      count === 1
        ? "1 picture is missing: it is an attachment, whose content this export does not hold."
        : `${number(count)} pictures are missing: they are attachments, whose contents this export does not hold.`,
    withheld: (count: number) =>
      count === 1
        ? "1 picture is not shown: it is too large, damaged, or of a kind that can do more than be looked at. It can be downloaded below."
        : `${number(count)} pictures are not shown: they are too large, damaged, or of a kind that can do more than be looked at. They can be downloaded below.`,
  },
  fr: {
    title: "Le message, en HTML",
    remote: (count) =>
      count === 1
        ? "1 image distante ou autre contenu extérieur n'a pas été chargé : les expéditeurs s'en servent pour voir qui lit."
        : `${number(count)} images distantes et autres contenus extérieurs n'ont pas été chargés : les expéditeurs s'en servent pour voir qui lit.`,
    absent: (count) =>
      count === 1
        ? "1 image manque : c'est une pièce jointe, dont cet export n'a pas le contenu."
        : `${number(count)} images manquent : ce sont des pièces jointes, dont cet export n'a pas le contenu.`,
    withheld: (count) =>
      count === 1
        ? "1 image n'est pas affichée : trop grande, abîmée, ou d'un type qui peut faire plus que se laisser regarder. Elle se télécharge plus bas."
        : `${number(count)} images ne sont pas affichées : trop grandes, abîmées, ou d'un type qui peut faire plus que se laisser regarder. Elles se téléchargent plus bas.`,
  },
});

/** A stranger's HTML, made inert by the server, in a frame that may do nothing: no scripts, forms, popups or navigation, and an origin of its own. */
export function HtmlFrame({ id, message }: { id: string; message: string }) {
  const w = words();
  const address = htmlPath(id, message);
  const inert = useResource(address, (signal) => getInertHtml(id, message, signal));
  return (
    <Loaded from={inert}>
      {({ html, remote, absent, withheld }) => (
        <>
          {remote + absent + withheld > 0 && (
            <Notice kind="plain">
              {remote > 0 && <p>{w.remote(remote)}</p>}
              {absent > 0 && <p>{w.absent(absent)}</p>}
              {withheld > 0 && <p>{w.withheld(withheld)}</p>}
            </Notice>
          )}
          <div class="letter" style={{ height: `${heightOf(html)}px` }}>
            <iframe sandbox="" referrerpolicy="no-referrer" src={address} title={w.title} />
          </div>
        </>
      )}
    </Loaded>
  );
}
