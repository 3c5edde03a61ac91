import { useState } from "preact/hooks";

import type { FailureCode } from "../../../core/errors.ts";
import { mayAsk, type StateName, type Wish } from "../../../core/export/job.ts";
import { useAction } from "../action.ts";
import type { Export } from "../exports-api.ts";
import { inBoth } from "../language.ts";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Failure } from "../parts/failure.tsx";
import { askOf } from "./api.ts";

const words = inBoth({
  en: {
    pause: "Pause",
    pausing: "Pausing…",
    resume: "Resume",
    now: "Try again now",
    retry_failed: "Retry what failed",
    cancel: "Cancel",
    cancelling: "Cancelling…",
    sure: "Cancel this export?",
    kept: "What was fetched stays on disk. The same export, asked for anew, goes on from there.",
    yes: "Cancel the export",
  },
  fr: {
    pause: "Mettre en pause",
    pausing: "Mise en pause…",
    resume: "Reprendre",
    now: "Réessayer maintenant",
    retry_failed: "Relire ce qui a échoué",
    cancel: "Annuler",
    cancelling: "Annulation…",
    sure: "Annuler cet export ?",
    kept: "Ce qui a été lu reste sur le disque. Le même export, demandé à nouveau, continue de là.",
    yes: "Annuler l'export",
  },
});

export type Controls = ReturnType<typeof useControls>;

/** What may be asked of the export now. A wish is under way until the state that it was made in has ended. */
export function useControls(of: Export | undefined, tell: (view: Export) => void) {
  const [asked, setAsked] = useState<{ wish: Wish; inState: StateName }>();
  const asking = useAction(async (wish: Wish) => {
    if (!of) return;
    setAsked({ wish, inState: of.state });
    tell(
      await askOf(of, wish).catch((error: unknown) => {
        setAsked(undefined);
        throw error;
      }),
    );
  });
  const isUnderWay = asking.busy || (asked !== undefined && asked.inState === of?.state);
  return {
    ask: asking.run,
    error: asking.error,
    underWay: isUnderWay ? asked?.wish : undefined,
    may: (wish: Wish) => of !== undefined && mayAsk(wish, of.state) && !(wish === "resume" && isHeldByGoogle(of)),
  };
}

const GOOGLES_TIME: readonly string[] = [
  "quota_exceeded",
  "too_many_concurrent",
  "bandwidth_exceeded",
  "locked_out",
] satisfies FailureCode[];

/** Nothing gets through before the time that Google has named: asking sooner would only look as if it did. */
function isHeldByGoogle({ state, failure }: Export): boolean {
  return state === "waiting" && failure !== undefined && GOOGLES_TIME.includes(failure.code);
}

/** What can be done with the export as it stands. */
export function ControlButtons({ controls: { may, ask, underWay }, state }: { controls: Controls; state: StateName }) {
  const w = words();
  const isBusy = underWay !== undefined;
  const resume = state === "paused" ? w.resume : w.now;
  return (
    <>
      {may("pause") && (
        <button type="button" disabled={isBusy} onClick={() => ask("pause")}>
          {underWay === "pause" ? w.pausing : w.pause}
        </button>
      )}
      {may("resume") && (
        <button
          type="button"
          class={state === "needs_sign_in" ? "" : "primary"} // signing in is what helps there
          disabled={isBusy}
          onClick={() => ask("resume")}
        >
          {resume}
        </button>
      )}
      {may("retry_failed") && state !== "failed" && (
        <button type="button" class="primary" disabled={isBusy} onClick={() => ask("retry_failed")}>
          {w.retry_failed}
        </button>
      )}
      {may("cancel") && (
        <ConfirmButton
          label={underWay === "cancel" ? w.cancelling : w.cancel}
          question={w.sure}
          yes={w.yes}
          busy={isBusy}
          onConfirm={() => ask("cancel")}
        >
          <p>{w.kept}</p>
        </ConfirmButton>
      )}
    </>
  );
}

export function ControlFailure({ controls: { error } }: { controls: Controls }) {
  return <Failure error={error} />;
}
