import { useAction } from "../action.ts";
import { dateTime, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Failure, Notice } from "../parts/failure.tsx";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { useResource } from "../resource.ts";
import { beginCheck, checkAddress, readCheck, type Check } from "./api.ts";

const words = inBoth({
  en: {
    title: "Check",
    about:
      "Reads every file again and holds it against the manifest; against Gmail too, if you like. It changes nothing.",
    files: "Check the files",
    gmail: "Check against Gmail too",
    read: (done: number, of: number) => `${number(done)} of ${number(of)} messages read`,
    listed: (count: number) => `${number(count)} messages listed by Gmail`,
    progress: "Progress of the check",
    sound: (messages: number) =>
      `Nothing is wrong: ${number(messages)} ${messages === 1 ? "message" : "messages"} as they were written.`,
    soundOnline: (messages: number) =>
      `Nothing is wrong: ${number(messages)} ${messages === 1 ? "message" : "messages"} as they were written, and none that Gmail lists is missing.`,
    incomplete: "The export itself is not complete.",
    unsound: (count: number) => (count === 1 ? "One thing is wrong." : `${number(count)} things are wrong.`),
    deleted: (count: number) => `Deleted in Gmail since, kept here: ${number(count)}.`,
    at: (time: string) => `Checked on ${time}.`,
    kinds: {
      missing: "missing",
      extra: "not in the manifest",
      changed: "changed",
      duplicate: "twice",
      malformed: "malformed",
      deleted: "deleted in Gmail",
      relabelled: "labels",
    },
    what: "What",
    where: "Where",
    more: (count: number) => `And ${number(count)} more, in the report.`,
    keep: "Download the report (JSON)",
  },
  fr: {
    title: "Vérification",
    about: "Relit chaque fichier et le confronte au manifeste ; à Gmail aussi, si vous voulez. Elle ne change rien.",
    files: "Vérifier les fichiers",
    gmail: "Vérifier aussi auprès de Gmail",
    read: (done: number, of: number) => `${number(done)} messages lus sur ${number(of)}`,
    listed: (count: number) => `${number(count)} messages listés par Gmail`,
    progress: "Progression de la vérification",
    sound: (messages: number) =>
      `Tout va bien : ${number(messages)} ${messages < 2 ? "message tel qu'il fut écrit" : "messages tels qu'ils furent écrits"}.`,
    soundOnline: (messages: number) =>
      `Tout va bien : ${number(messages)} ${messages < 2 ? "message tel qu'il fut écrit" : "messages tels qu'ils furent écrits"}, et il n'en manque aucun que Gmail liste.`,
    incomplete: "L'export lui-même n'est pas complet.",
    unsound: (count: number) => (count < 2 ? "Une chose ne va pas." : `${number(count)} choses ne vont pas.`),
    deleted: (count: number) => `Supprimés depuis dans Gmail, gardés ici : ${number(count)}.`,
    at: (time: string) => `Vérifié le ${time}.`,
    kinds: {
      missing: "manque",
      extra: "hors du manifeste",
      changed: "changé",
      duplicate: "en double",
      malformed: "mal formé",
      deleted: "supprimé dans Gmail",
      relabelled: "libellés",
    },
    what: "Quoi",
    where: "Où",
    more: (count: number) => `Et ${number(count)} de plus, dans le rapport.`,
    keep: "Télécharger le rapport (JSON)",
  },
});

const FRESH_MS = 1_000;

const SHOWN = 50;

/** Checks what an export has on disk, tells how far that is and what came of it. */
export function CheckSection({ id }: { id: string }) {
  const w = words();
  const found = useResource(`check ${id}`, (signal) => readCheck(id, signal));
  const begin = useAction(async (online: boolean) => {
    await beginCheck(id, online);
    found.reload();
  });
  const isRunning = found.value?.check?.state === "running";
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <p class="dim">{w.about}</p>
      <Failure error={begin.error} />
      <Loaded from={found}>
        {({ check }) =>
          check && (
            <>
              {check.state === "running" && <KeptFresh from={found} everyMs={FRESH_MS} />}
              <CheckState of={check} />
            </>
          )
        }
      </Loaded>
      <div class="actions">
        {[false, true].map((online) => (
          <button
            key={String(online)}
            type="button"
            disabled={begin.busy || isRunning}
            onClick={() => begin.run(online)}
          >
            {online ? w.gmail : w.files}
          </button>
        ))}
      </div>
    </section>
  );
}

function CheckState({ of }: { of: Check }) {
  const w = words();
  const { state, progress, report, failure, ended_at: at, online } = of;
  if (state === "running")
    return (
      <>
        <progress
          aria-label={w.progress}
          {...(progress.stage === "files" && { value: progress.records, max: Math.max(1, progress.of) })}
        />
        <p>{progress.stage === "files" ? w.read(progress.records, progress.of) : w.listed(progress.listed)}</p>
      </>
    );
  if (failure)
    return (
      <Notice kind="bad">
        <p>
          <strong>
            <Sentence text={failure.message} code={failure.code} />
          </strong>{" "}
          <Sentence text={failure.next} code={failure.code} part="next" />
        </p>
      </Notice>
    );
  if (!report) return null;
  const { sound, complete, messages, findings, deleted_since: deleted } = report;
  return (
    <>
      <Notice kind={!sound ? "bad" : complete ? "good" : "warn"}>
        <p>
          <strong>{sound ? (online ? w.soundOnline : w.sound)(messages) : w.unsound(findings.length)}</strong>{" "}
          {!complete && w.incomplete} {deleted.length > 0 && w.deleted(deleted.length)}
        </p>
        {at !== undefined && <p class="small">{w.at(dateTime(at))}</p>}
      </Notice>
      {findings.length > 0 && <Findings of={findings} />}
      <p>
        <a href={checkAddress(of.export_id)} download={`verify-${of.email}.json`}>
          {w.keep}
        </a>
      </p>
    </>
  );
}

function Findings({ of }: { of: NonNullable<Check["report"]>["findings"] }) {
  const w = words();
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too */}
      <div class="table-scroll tall" tabIndex={0} role="region" aria-label={w.title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.what}</th>
              <th scope="col">{w.where}</th>
            </tr>
          </thead>
          <tbody>
            {of.slice(0, SHOWN).map(({ kind, subject, detail }) => (
              <tr key={`${kind} ${subject} ${detail}`}>
                <td>{w.kinds[kind]}</td>
                <th scope="row">
                  <code>{subject}</code> <Sentence text={detail} />
                </th>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {of.length > SHOWN && <p class="small dim">{w.more(of.length - SHOWN)}</p>}
    </>
  );
}
