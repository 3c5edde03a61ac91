import type { AttachmentRecord } from "../../../core/mail/record.ts";
import { bytes } from "../format.ts";
import { inBoth } from "../language.ts";
import { legible } from "./legible.ts";

const words = inBoth({
  en: {
    title: (count: number) => (count === 1 ? "1 attachment" : `${count} attachments`),
    name: "Name",
    type: "Type",
    size: "Size",
    unnamed: "(without a name)",
    inline: "shown in the message",
    note: "This export lists attachments; what is in them is in Gmail.",
  },
  fr: {
    title: (count) => (count < 2 ? `${count} pièce jointe` : `${count} pièces jointes`),
    name: "Nom",
    type: "Type",
    size: "Taille",
    unnamed: "(sans nom)",
    inline: "affichée dans le message",
    note: "Cet export énumère les pièces jointes ; leur contenu est dans Gmail.",
  },
});

export function Attachments({ of: attachments }: { of: readonly AttachmentRecord[] }) {
  const w = words();
  if (attachments.length === 0) return null;
  return (
    <section class="card attachments">
      <h2 id="attachments">{w.title(attachments.length)}</h2>
      <table aria-labelledby="attachments">
        <thead>
          <tr>
            <th scope="col">{w.name}</th>
            <th scope="col">{w.type}</th>
            <th scope="col" class="number">
              {w.size}
            </th>
          </tr>
        </thead>
        <tbody>
          {attachments.map(({ partId, filename, mimeType, size, inline }) => (
            <tr key={partId}>
              <td>
                <bdi>{legible(filename) || w.unnamed}</bdi> {inline && <span class="small dim">{w.inline}</span>}
              </td>
              <td class="dim">
                <bdi>{legible(mimeType)}</bdi>
              </td>
              <td class="number">{bytes(size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small dim">{w.note}</p>
    </section>
  );
}
