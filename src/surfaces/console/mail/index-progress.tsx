import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import type { Resource } from "../resource.ts";
import { ASK_AGAIN_MS, type IndexState } from "./records-api.ts";

const words = inBoth({
  en: {
    reading: "The files of this export are being read. What is shown so far may not be all.",
    read: (files: string, of: string) => `${files} of ${of} files read`,
    unreadable: (count: number) =>
      count === 1
        ? "One file of this export cannot be shown: it is not what was written. A check (gmail-export verify) tells more."
        : `${number(count)} files of this export cannot be shown: they are not what was written. A check (gmail-export verify) tells more.`,
  },
  fr: {
    reading: "Les fichiers de cet export sont en cours de lecture. Ce qui est affiché n'est peut-être pas complet.",
    read: (files, of) => `${files} fichiers lus sur ${of}`,
    unreadable: (count) =>
      count === 1
        ? "Un fichier de cet export ne peut pas être affiché : il n'est pas ce qui a été écrit. Une vérification (gmail-export verify) en dit plus."
        : `${number(count)} fichiers de cet export ne peuvent pas être affichés : ils ne sont pas ce qui a été écrit. Une vérification (gmail-export verify) en dit plus.`,
  },
});

/** How far the server has read the files, while it reads them; meanwhile it is asked again every second. */
export function IndexProgress({ from }: { from: Resource<Readonly<{ index: IndexState }>> }) {
  if (!from.value) return null;
  const { files, of, complete } = from.value.index;
  const w = words();
  if (complete) return files < of ? <Notice kind="warn">{w.unreadable(of - files)}</Notice> : null;
  const read = w.read(number(files), number(of));
  return (
    <div class="notice plain">
      <KeptFresh from={from} everyMs={ASK_AGAIN_MS} />
      <p role="status">{w.reading}</p>
      <p class="small dim">
        <progress value={files} max={of} aria-label={read} />
        {read}
      </p>
    </div>
  );
}
