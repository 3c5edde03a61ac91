import type { Export } from "../exports-api.ts";
import { number, share, timeOfDay } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Countdown } from "./countdown.tsx";
import { doneOf } from "./done-of.ts";
import { SignInAgain } from "./sign-in-again.tsx";

const words = inBoth({
  en: {
    progress: "Progress of the export",
    stages: {
      starting: "Getting ready.",
      listing: "Looking through the mailbox for its messages.",
      fetching: "Fetching messages.",
      verifying: "Checking every file against what was written.",
      done: "Done.",
    },
    states: {
      queued: "It starts by itself as soon as it is its turn: each account is exported once at a time.",
      paused: "Everything fetched so far is on disk. Resume, and it goes on from here.",
      waiting: "It goes on by itself; there is nothing to do.",
      needs_sign_in: "Sign in again and it goes on by itself, from where it is.",
      completed: "Every message is on disk.",
      completed_with_failures: "Every message is on disk but for those listed below.",
      failed: "Everything fetched so far is on disk. Once the cause is mended, it goes on from here.",
      cancelled: "Everything fetched so far is on disk. The same export, asked for anew, goes on from there.",
    },
    found: (count: number) => (count === 1 ? "1 message found so far" : `${number(count)} messages found so far`),
    of: (done: number, all: number) => `${number(done)} of ${all === 1 ? "1 message" : `${number(all)} messages`}`,
    held: (time: string) => `Google's minute is used up; it goes on at ${time}.`,
    gone: "It was done, but its folder is no longer where it was.",
    next: "What to do:",
    lost: "The connection to the server is lost; trying again. What is shown is the last that was heard.",
  },
  fr: {
    progress: "Progression de l'export",
    stages: {
      starting: "Préparation.",
      listing: "Parcours de la boîte à la recherche de ses messages.",
      fetching: "Lecture des messages.",
      verifying: "Vérification de chaque fichier.",
      done: "Terminé.",
    },
    states: {
      queued: "Il commence de lui-même dès que vient son tour : chaque compte n'est exporté qu'une fois à la fois.",
      paused: "Tout ce qui a été lu est sur le disque. Reprenez, et il continue d'ici.",
      waiting: "Il reprend de lui-même ; il n'y a rien à faire.",
      needs_sign_in: "Reconnectez-vous et il reprend de lui-même, là où il en est.",
      completed: "Tous les messages sont sur le disque.",
      completed_with_failures: "Tous les messages sont sur le disque, sauf ceux de la liste ci-dessous.",
      failed: "Tout ce qui a été lu est sur le disque. La cause réparée, il continue d'ici.",
      cancelled: "Tout ce qui a été lu est sur le disque. Le même export, demandé à nouveau, continue de là.",
    },
    found: (count: number) =>
      count < 2 ? `${number(count)} message trouvé jusqu'ici` : `${number(count)} messages trouvés jusqu'ici`,
    of: (done: number, all: number) => `${number(done)} sur ${number(all)} ${all < 2 ? "message" : "messages"}`,
    held: (time: string) => `La minute de Google est épuisée ; il reprend à ${time}.`,
    gone: "Il était terminé, mais son dossier n'est plus là où il était.",
    next: "Que faire :",
    lost: "La connexion au serveur est perdue ; nouvel essai en cours. Vous voyez les dernières nouvelles reçues.",
  },
});

/** In which state the export is, how far it has come, and what it waits for or was stopped by. */
export function Status({ of, isConnected, isGone }: { of: Export; isConnected: boolean; isGone: boolean }) {
  const w = words();
  const { state, progress, rate, waiting_until: until, failure, updated_at: now } = of;
  return (
    <>
      <p class="standing">
        <StateBadge state={state} />{" "}
        <span>{state === "running" ? w.stages[progress.stage] : isGone ? w.gone : w.states[state]}</span>
      </p>
      {rate && rate.held_until !== null && Date.parse(rate.held_until) > Date.parse(now) && (
        <p class="held">{w.held(timeOfDay(rate.held_until, true))}</p>
      )}
      <Bar of={of} />
      {failure && (
        <Notice kind={state === "failed" ? "bad" : "warn"}>
          <p>
            <strong>
              <Sentence text={failure.message} code={failure.code} />
            </strong>
          </p>
          {until !== undefined && <Countdown until={Date.parse(until)} />}
          {state === "failed" && (
            <p>
              {w.next} <Sentence text={failure.next} code={failure.code} part="next" />
            </p>
          )}
          {state === "needs_sign_in" && <SignInAgain email={of.email} />}
        </Notice>
      )}
      <div role="status">
        {!isConnected && (
          <div class="notice warn">
            <p>{w.lost}</p>
          </div>
        )}
      </div>
    </>
  );
}

function Bar({ of }: { of: Export }) {
  const w = words();
  const far = doneOf(of);
  switch (far.kind) {
    case "unknown":
      return null;
    case "found":
      return (
        <>
          <progress aria-label={w.progress} />
          <p class="far">{w.found(far.found)}</p>
        </>
      );
    case "done":
      return (
        <>
          <progress aria-label={w.progress} value={far.done} max={Math.max(1, far.of)} />
          <p class="far">
            <span>{w.of(far.done, far.of)}</span> <strong>{share(far.part)}</strong>
          </p>
        </>
      );
  }
}
