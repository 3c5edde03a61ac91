import type { AttachmentRecord, ExportRecord } from "../../../core/mail/record.ts";
import { bytes } from "../format.ts";
import { inBoth } from "../language.ts";
import { to } from "../route.ts";
import { legible } from "./legible.ts";
import { attachmentPath } from "./records-api.ts";

const words = inBoth({
  en: {
    title: (count: number) => (count === 1 ? "1 attachment" : `${count} attachments`),
    name: "Name",
    type: "Type",
    size: "Size",
    unnamed: "(without a name)",
    inline: "in the message",
    download: (name: string) => `Download ${name}`,
    note: "This export lists attachments without their contents. The same export with “The contents of attachments” brings them into its folder, and nothing else anew.",
    some: "Some contents are not in this export. The same export with “The contents of attachments” brings them into its folder, and nothing else anew.",
    again: "New export",
  },
  fr: {
    title: (count) => (count < 2 ? `${count} pièce jointe` : `${count} pièces jointes`),
    name: "Nom",
    type: "Type",
    size: "Taille",
    unnamed: "(sans nom)",
    inline: "dans le message",
    download: (name) => `Télécharger ${name}`,
    note: "Cet export énumère les pièces jointes sans leur contenu. Le même export avec « Le contenu des pièces jointes » l'apporte dans son dossier, sans rien relire d'autre.",
    some: "Certains contenus ne sont pas dans cet export. Le même export avec « Le contenu des pièces jointes » les apporte dans son dossier, sans rien relire d'autre.",
    again: "Nouvel export",
  },
});

/** What came with the message, to be saved where the export has it. */
export function Attachments({ id, record }: { id: string; record: ExportRecord }) {
  const w = words();
  const { "Message-ID": message, Attachments: attachments } = record;
  if (attachments.length === 0) return null;
  const stored = attachments.filter(({ sha256 }) => sha256 !== undefined).length;
  return (
    <section class="card attachments">
      <h2 id="attachments">{w.title(attachments.length)}</h2>
      <table aria-labelledby="attachments">
        <thead>
          <tr>
            <th scope="col">{w.name}</th>
            <th scope="col" class="type">
              {w.type}
            </th>
            <th scope="col" class="number">
              {w.size}
            </th>
          </tr>
        </thead>
        <tbody>
          {attachments.map((attachment, n) => (
            <tr key={attachment.partId}>
              <td>
                <Name of={attachment} address={attachmentPath(id, message, n)} />{" "}
                {attachment.inline && <span class="small dim">{w.inline}</span>}
              </td>
              <td class="type dim">
                <bdi>{legible(attachment.mimeType)}</bdi>
              </td>
              <td class="number">{bytes(attachment.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {stored < attachments.length && (
        <p class="small dim">
          {stored === 0 ? w.note : w.some} <a href={to({ page: "new" })}>{w.again}</a>
        </p>
      )}
    </section>
  );
}

function Name({ of: { filename, sha256 }, address }: { of: AttachmentRecord; address: string }) {
  const w = words();
  const name = legible(filename) || w.unnamed;
  if (sha256 === undefined) return <bdi>{name}</bdi>;
  return (
    <a href={address} download aria-label={w.download(name)}>
      <bdi>{name}</bdi>
    </a>
  );
}
