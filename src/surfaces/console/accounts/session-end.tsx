import { useAction } from "../action.ts";
import { keyIsNeeded } from "../api.ts";
import { inBoth } from "../language.ts";
import { Failure } from "../parts/failure.tsx";
import { useResource } from "../resource.ts";
import { endSession, readSession } from "./api.ts";

const words = inBoth({
  en: {
    title: "This browser",
    text: "You gave this server its key, so this browser may use it. Mailboxes stay signed in when you leave.",
    leave: "Leave this server",
  },
  fr: {
    title: "Ce navigateur",
    text: "Vous avez donné sa clé à ce serveur : ce navigateur peut donc s'en servir. Les boîtes restent connectées quand vous partez.",
    leave: "Quitter ce serveur",
  },
});

/** Where the server has an API key: gives back the session that the browser has in place of it. */
export function SessionEnd() {
  const w = words();
  const session = useResource("session", readSession);
  const leave = useAction(async () => {
    await endSession();
    keyIsNeeded.value = true;
  });
  if (!session.value?.required) return null;
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <p>{w.text}</p>
      <Failure error={leave.error} />
      <button type="button" disabled={leave.busy} onClick={leave.run}>
        {w.leave}
      </button>
    </section>
  );
}
