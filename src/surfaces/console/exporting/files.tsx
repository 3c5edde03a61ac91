import { LIVE } from "../../../core/export/job.ts";
import { bytes, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { CopyText } from "../parts/copy-text.tsx";
import { Notice } from "../parts/failure.tsx";
import { addressOf, type ExportInFull } from "./api.ts";
import { isGone } from "./is-gone.ts";
import { Stored } from "./stored.tsx";

const words = inBoth({
  en: {
    title: "Files",
    proven: "Complete and proven:",
    provenHow:
      "every message that Gmail listed is in these files, once, and each file was read again and found to be what was written.",
    deleted: "Those deleted in Gmail before they could be read are named in manifest.json.",
    partly: "Finished files can be used already. The last one appears when it is full or when the export ends.",
    none: "No file has been finished.",
    gone: "The folder of this export is gone: it was moved, renamed or deleted. Put it back, or bring the export up to date: then every message is fetched anew.",
    all: "Download everything (tar)",
    folder: "Folder on the server's computer",
    file: "File",
    records: "Messages",
    size: "Size",
    checksum: (name: string) => `SHA-256 of ${name}`,
    download: (name: string) => `Download ${name}`,
    about: "what the export is, and its checksums",
  },
  fr: {
    title: "Fichiers",
    proven: "Complet, preuve à l'appui :",
    provenHow:
      "chaque message listé par Gmail est dans ces fichiers, une fois, et chaque fichier a été relu et trouvé tel qu'il fut écrit.",
    deleted: "Ceux qui furent supprimés dans Gmail avant d'être lus sont nommés dans manifest.json.",
    partly:
      "Les fichiers terminés sont déjà utilisables. Le dernier apparaît quand il est plein ou que l'export se termine.",
    none: "Aucun fichier n'a été terminé.",
    gone: "Le dossier de cet export a disparu : déplacé, renommé ou supprimé. Remettez-le, ou mettez l'export à jour : tous les messages sont alors relus.",
    all: "Tout télécharger (tar)",
    folder: "Dossier sur l'ordinateur du serveur",
    file: "Fichier",
    records: "Messages",
    size: "Taille",
    checksum: (name: string) => `SHA-256 de ${name}`,
    download: (name: string) => `Télécharger ${name}`,
    about: "ce qu'est l'export, et ses sommes de contrôle",
  },
});

const SHOWN_OF_CHECKSUM = 12;

/** What the export has brought so far, and the ways to it. */
export function Files({ of }: { of: ExportInFull }) {
  const w = words();
  const { files, complete, state, progress, output_directory: folder, links } = of;
  return (
    <section class="card">
      <div class="section-head">
        <h2>{w.title}</h2>
        {files.length > 0 && (
          <a class="button primary" href={links.archive} download>
            {w.all}
          </a>
        )}
      </div>
      {complete && (
        <Notice kind="good">
          <p>
            <strong>{w.proven}</strong> {w.provenHow} {progress.gone > 0 && w.deleted}
          </p>
        </Notice>
      )}
      {isGone(of) ? (
        <Notice kind="warn">
          <p>{w.gone}</p>
        </Notice>
      ) : (
        files.length === 0 && <p class="dim">{w.none}</p>
      )}
      {files.length > 0 && LIVE.includes(state) && <p class="dim">{w.partly}</p>}
      <p>
        {w.folder} <CopyText what={w.folder} text={folder} />
      </p>
      <Stored of={of.stored} />
      {files.length > 0 && <FileTable of={of} />}
    </section>
  );
}

function FileTable({ of }: { of: ExportInFull }) {
  const w = words();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too
    <div class="table-scroll tall" tabIndex={0} role="region" aria-label={w.title}>
      <table class="files">
        <thead>
          <tr>
            <th scope="col">{w.file}</th>
            <th scope="col" class="number">
              {w.records}
            </th>
            <th scope="col" class="number">
              {w.size}
            </th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {of.files
            .flatMap(({ files: beside = [], ...batch }) => [
              batch,
              ...beside.map((one) => ({ ...one, count: undefined })),
            ])
            .map(({ file, count, bytes: size, sha256 }) => (
              <tr key={file}>
                <th scope="row">
                  <a href={addressOf(of, file)} download={file} aria-label={w.download(file)}>
                    {file}
                  </a>
                </th>
                <td class="number">{count === undefined ? "" : number(count)}</td>
                <td class="number">{bytes(size)}</td>
                <td>
                  <span class="copy-text">
                    <code>{sha256.slice(0, SHOWN_OF_CHECKSUM)}…</code>
                    <CopyButton what={w.checksum(file)} text={sha256} />
                  </span>
                </td>
              </tr>
            ))}
          <tr>
            <th scope="row">
              <a
                href={addressOf(of, "manifest.json")}
                download="manifest.json"
                aria-label={w.download("manifest.json")}
              >
                manifest.json
              </a>
            </th>
            <td colSpan={3} class="dim">
              {w.about}
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}
