import { bytes, number } from "../format.ts";
import { inBoth } from "../language.ts";
import type { ExportInFull } from "./api.ts";

const words = inBoth({
  en: {
    attachments: "Attachments",
    of: (count: number, size: string) => `${number(count)} · ${size}`,
    saved: (files: number, saved: string) =>
      `in ${number(files)} ${files === 1 ? "file" : "files"}: ${saved} saved, as what was sent more than once is kept once`,
    each: (files: number) => `in ${number(files)} ${files === 1 ? "file" : "files"}, each content once`,
    originals: "Originals",
    every: "every message, byte for byte",
    without: (count: number) =>
      `none of ${number(count)} ${count === 1 ? "message" : "messages"}, such as chats (manifest.json says why)`,
  },
  fr: {
    attachments: "Pièces jointes",
    of: (count: number, size: string) => `${number(count)} · ${size}`,
    saved: (files: number, saved: string) =>
      `en ${number(files)} ${files < 2 ? "fichier" : "fichiers"} : ${saved} épargnés, ce qui fut envoyé plusieurs fois n'étant gardé qu'une`,
    each: (files: number) => `en ${number(files)} ${files < 2 ? "fichier" : "fichiers"}, chaque contenu une fois`,
    originals: "Originaux",
    every: "chaque message, octet pour octet",
    without: (count: number) =>
      `aucun de ${number(count)} ${count < 2 ? "message" : "messages"}, comme les discussions (manifest.json dit pourquoi)`,
  },
});

/** What the finished batches hold beside their records, and what was saved because content repeats. */
export function Stored({ of: { attachments, originals } }: { of: ExportInFull["stored"] }) {
  const w = words();
  if (!attachments && !originals) return null;
  const saved = attachments ? attachments.bytes - attachments.blob_bytes : 0;
  return (
    <dl class="figures stored">
      {attachments && (
        <div>
          <dt>{w.attachments}</dt>
          <dd>
            {w.of(attachments.stored, bytes(attachments.bytes))}
            <span class="hint">{saved > 0 ? w.saved(attachments.blobs, bytes(saved)) : w.each(attachments.blobs)}</span>
          </dd>
        </div>
      )}
      {originals && (
        <div>
          <dt>{w.originals}</dt>
          <dd>
            {w.of(originals.count, bytes(originals.bytes))}
            <span class="hint">{originals.without > 0 ? w.without(originals.without) : w.every}</span>
          </dd>
        </div>
      )}
    </dl>
  );
}
