import type { ExportRecord } from "../../../core/mail/record.ts";
import { bytes } from "../format.ts";
import { inBoth } from "../language.ts";
import { originalPath } from "./records-api.ts";

const words = inBoth({
  en: {
    download: (size: string) => `Download original (.eml, ${size})`,
    none: "The original of this message (.eml) is not in this export. The same export with originals brings it, where Gmail has one.",
  },
  fr: {
    download: (size) => `Télécharger l'original (.eml, ${size})`,
    none: "L'original de ce message (.eml) n'est pas dans cet export. Le même export avec les originaux l'apporte, si Gmail en a un.",
  },
});

/** The message as it was sent, for any mail program; or that it is not here. */
export function Original({ id, record }: { id: string; record: ExportRecord }) {
  const w = words();
  const { "Message-ID": message, Original: original } = record;
  if (!original) return <p class="small dim">{w.none}</p>;
  return (
    <a class="button quiet" href={originalPath(id, message)} download>
      {w.download(bytes(original.bytes))}
    </a>
  );
}
