import { useState } from "preact/hooks";

import { useAction } from "../action.ts";
import { inBoth } from "../language.ts";
import { Failure, Notice } from "../parts/failure.tsx";
import { storeCredentials } from "./api.ts";
import { readClientFile } from "./client-file.ts";

const words = inBoth({
  en: {
    choose: "Choose the downloaded file",
    drop: "or drop it here",
    hint: "Its name begins with client_secret and ends with .json. It goes to gmail-export and nowhere else.",
    noJson: "This is not a client file: it is no JSON.",
    which: "Take the file that Google's page downloaded under “Download JSON”, as it is.",
    sending: "Sending…",
  },
  fr: {
    choose: "Choisir le fichier téléchargé",
    drop: "ou le déposer ici",
    hint: "Son nom commence par client_secret et finit par .json. Il va à gmail-export et nulle part ailleurs.",
    noJson: "Ce n'est pas un fichier client : ce n'est pas du JSON.",
    which: "Prenez tel quel le fichier que la page de Google a téléchargé par « Télécharger JSON » (Download JSON).",
    sending: "Envoi…",
  },
});

/** Takes Google's client file by hand or by mouse, and says why when the server does not want it. */
export function ClientFileDrop({ onStored }: { onStored: () => void }) {
  const w = words();
  const [isJson, setJson] = useState(true);
  const send = useAction(async (chosen: File) => {
    const file = await readClientFile(chosen);
    setJson(file !== undefined);
    if (file === undefined) return;
    await storeCredentials(file);
    onStored();
  });
  return (
    <>
      {/* The field lies over the whole zone, and browsers let files be dropped on such fields. */}
      <label class="drop">
        <span class="button">{w.choose}</span> {w.drop}
        <span class="hint" id="client-file-hint">
          {w.hint}
        </span>
        <input
          type="file"
          accept=".json,application/json"
          aria-describedby="client-file-hint"
          disabled={send.busy}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) send.run(file);
            currentTarget.value = ""; // so that the same file, mended, can be chosen again
          }}
        />
      </label>
      {send.busy && <p role="status">{w.sending}</p>}
      {!isJson && !send.busy && (
        <Notice kind="bad">
          <p>
            <strong>{w.noJson}</strong> {w.which}
          </p>
        </Notice>
      )}
      <Failure error={send.error} />
    </>
  );
}
