import { useAction } from "../action.ts";
import { call } from "../api.ts";
import { number } from "../format.ts";
import { sameAgain } from "../home/by-directory.ts";
import { inBoth } from "../language.ts";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Failure } from "../parts/failure.tsx";
import { go } from "../route.ts";
import type { ExportInFull } from "./api.ts";

const words = inBoth({
  en: {
    label: "Take out what was deleted in Gmail",
    question: (count: number) =>
      count === 1 ? "Take out 1 message for good?" : `Take out ${number(count)} messages for good?`,
    yes: "Take out for good",
    what: "What was deleted in Gmail cannot be fetched again. Records and originals go, and attachments that no other message has; the ids stay in manifest.json.",
    first: "The export is brought up to date first; what was deleted in Gmail since goes as well.",
  },
  fr: {
    label: "Retirer ce qui fut supprimé dans Gmail",
    question: (count: number) =>
      count < 2 ? `Retirer ${number(count)} message pour de bon ?` : `Retirer ${number(count)} messages pour de bon ?`,
    yes: "Retirer pour de bon",
    what: "Ce qui fut supprimé dans Gmail ne peut pas être relu. Les enregistrements et les originaux partent, et les pièces jointes qu'aucun autre message n'a ; les identifiants restent dans manifest.json.",
    first: "L'export est d'abord mis à jour ; ce qui fut supprimé dans Gmail depuis part aussi.",
  },
});

/** Starts the same export once more, which then keeps nothing that was deleted in Gmail; asked before, as it is for good. */
export function Prune({ of }: { of: ExportInFull }) {
  const w = words();
  const prune = useAction(async () => {
    const begun = await call<{ job_id: string }>("POST", "/export/gmail", { body: { ...sameAgain(of), prune: true } });
    go({ page: "export", id: begun.job_id });
  });
  return (
    <>
      <Failure error={prune.error} />
      <div class="actions row-actions">
        <ConfirmButton
          label={w.label}
          question={w.question(of.deleted)}
          yes={w.yes}
          busy={prune.busy}
          onConfirm={() => prune.run()}
        >
          <p>{w.what}</p>
          <p>{w.first}</p>
        </ConfirmButton>
      </div>
    </>
  );
}
