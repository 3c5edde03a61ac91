import { useAction } from "../action.ts";
import { call } from "../api.ts";
import { beginCheck } from "../checking/api.ts";
import { askOf } from "../exporting/api.ts";
import { removeFromList } from "../exports-api.ts";
import { inBoth } from "../language.ts";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Failure } from "../parts/failure.tsx";
import { go } from "../route.ts";
import { offersFor, sameAgain, type InDirectory, type Offer } from "./by-directory.ts";

const words = inBoth({
  en: {
    update: "Bring up to date",
    go_on: "Go on",
    resume: "Go on",
    verify: "Verify",
    remove: "Remove from the list",
    question: "Remove this export from the list?",
    stay: "The files on disk stay where they are, and the same export asked for anew goes on with them.",
  },
  fr: {
    update: "Mettre à jour",
    go_on: "Continuer",
    resume: "Continuer",
    verify: "Vérifier",
    remove: "Retirer de la liste",
    question: "Retirer cet export de la liste ?",
    stay: "Les fichiers sur le disque restent où ils sont, et le même export, demandé à nouveau, continue avec eux.",
  },
});

/** What fits how a directory stands. */
export function RowActions({ of, changed }: { of: InDirectory; changed: () => void }) {
  const w = words();
  const { newest, earlier } = of;
  const act = useAction(async (offer: Offer) => {
    await carryOut(offer, of);
    changed();
  });
  const offers = offersFor(newest);
  if (offers.length === 0) return null;
  return (
    <>
      <Failure error={act.error} />
      <div class="actions row-actions">
        {offers.map((offer) =>
          offer === "remove" ? (
            <ConfirmButton
              key={offer}
              label={w.remove}
              question={w.question}
              yes={w.remove}
              busy={act.busy || earlier.some(({ state }) => offersFor({ state }).length === 0)}
              onConfirm={() => act.run(offer)}
            >
              <p>{w.stay}</p>
            </ConfirmButton>
          ) : (
            <button key={offer} type="button" disabled={act.busy} onClick={() => act.run(offer)}>
              {w[offer]}
            </button>
          ),
        )}
      </div>
    </>
  );
}

async function carryOut(offer: Offer, { newest, earlier }: InDirectory): Promise<void> {
  switch (offer) {
    case "update":
    case "go_on": {
      const begun = await call<{ job_id: string }>("POST", "/export/gmail", { body: sameAgain(newest) });
      return go({ page: "export", id: begun.job_id });
    }
    case "resume":
      await askOf(newest, "resume");
      return;
    case "verify":
      await beginCheck(newest.id, false);
      return go({ page: "export", id: newest.id });
    case "remove":
      for (const { id } of [...earlier, newest]) await removeFromList(id);
  }
}
