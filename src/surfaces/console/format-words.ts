import { inBoth } from "./language.ts";

type Words = Readonly<{ name: string; about: string }>;

const words = inBoth<Readonly<Record<string, Words>>>({
  en: {
    mbox: {
      name: "Originals, in one file beside each batch (mbox)",
      about: "Each message as it was sent, byte for byte, to be taken into another mail program at once.",
    },
    eml: {
      name: "Originals, a file each (.eml)",
      about: "The same, to be opened one by one: every mail program can.",
    },
    ndjson: {
      name: "Records, one a line (.ndjson.gz)",
      about: "For scripts and databases. Takes nothing more from Google.",
    },
    parquet: {
      name: "Records as columns (.parquet)",
      about: "For DuckDB, Spark and the like. Takes nothing more from Google.",
    },
  },
  fr: {
    mbox: {
      name: "Les originaux, en un fichier à côté de chaque lot (mbox)",
      about:
        "Chaque message tel qu'il fut envoyé, octet pour octet, à reprendre d'un coup dans un autre logiciel de courrier.",
    },
    eml: {
      name: "Les originaux, un fichier chacun (.eml)",
      about: "Les mêmes, à ouvrir un par un : tout logiciel de courrier le peut.",
    },
    ndjson: {
      name: "Les enregistrements, un par ligne (.ndjson.gz)",
      about: "Pour scripts et bases de données. Ne demande rien de plus à Google.",
    },
    parquet: {
      name: "Les enregistrements en colonnes (.parquet)",
      about: "Pour DuckDB, Spark et autres. Ne demande rien de plus à Google.",
    },
  },
});

/** What a format is for. One that has no words here yet is shown by its own name. */
export function wordsOf(format: string): Words {
  return words()[format] ?? { name: format, about: "" };
}
