import { inBoth } from "../language.ts";
import type { Kind } from "./steps.ts";

const words = inBoth({
  en: {
    says: "Google will say: “Google hasn't verified this app”.",
    means: (app: string) =>
      `That is right: the app is yours, and Google has not examined it. Press “Advanced”, then “Go to ${app} (unsafe)”, and tick the box that lets mail be read, if there is one.`,
    internal: "With an Internal app of a Workspace the warning does not appear.",
  },
  fr: {
    says: "Google dira : « Google n'a pas validé cette application ».",
    means: (app: string) =>
      `C'est exact : l'application est la vôtre, et Google ne l'a pas examinée. Cliquez sur « Paramètres avancés » (Advanced), puis sur « Accéder à ${app} (non sécurisé) » (Go to…), et cochez, s'il y en a une, la case qui permet de lire le courrier.`,
    internal: "Avec une application interne d'un Workspace, cet avertissement n'apparaît pas.",
  },
});

/** The page of Google's at which people turn back; members of a Workspace do not get to see it. */
export function UnverifiedNote({ app, whose }: { app: string; whose: Kind | "anybody" }) {
  const w = words();
  if (whose === "workspace") return null;
  return (
    <p>
      <strong>{w.says}</strong> {w.means(app)} {whose === "anybody" && <span class="dim">{w.internal}</span>}
    </p>
  );
}
