import { pair, type Pair } from "./pair.ts";

/** What verify says of each thing that does not agree, behind the file or message that it is about. */
export const DIFFERENCE_SENTENCES: readonly Pair[] = [
  pair("stands again in {file}", "figure encore dans {file}"),
  pair("counts {count} U+FFFD where the batches hold {held}", "compte {count} U+FFFD là où les fichiers en ont {held}"),
  pair("its original was not stored", "son original n'a pas été enregistré"),
  pair("a record tells of it, but it is not on the disk", "un message y renvoie, mais il n'est pas sur le disque"),
  pair("its record is not what {path} says", "ce qui en est exporté n'est pas ce que dit {path}"),
  pair("holds {found} messages where its records tell of {told}", "contient {found} messages là où {told} y renvoient"),
  pair("names a batch without its mbox", "nomme un fichier de messages sans son mbox"),
  pair("no record tells of it", "aucun message n'y renvoie"),
  pair("its totals of originals are not those of the records", "ses totaux d'originaux ne sont pas ceux des messages"),
  pair("is not in the manifest", "n'est pas dans le manifeste"),
  pair("is in the manifest, but not on the disk", "est dans le manifeste, mais pas sur le disque"),
  pair(
    "{bytes} bytes where {written} were written, or other ones",
    "{bytes} octets là où {written} furent écrits, ou d'autres octets",
  ),
  pair(
    "holds {found} records where the manifest says {told}",
    "contient {found} messages là où le manifeste en dit {told}",
  ),
  pair("its totals are not the sums of its batches", "ses totaux ne sont pas les sommes de ses fichiers"),
  pair("is exported and said not to be", "est exporté, et dit ne pas l'être"),
  pair("is in Gmail, but not in the export", "est dans Gmail, mais pas dans l'export"),
  pair("a record points at it, but it is not on the disk", "un message y renvoie, mais ce n'est pas sur le disque"),
  pair("no record points at it", "aucun message n'y renvoie"),
  pair("its bytes are not those that were stored", "ses octets ne sont pas ceux qui furent enregistrés"),
  pair(
    "its totals of attachments are not those of the records and files",
    "ses totaux de pièces jointes ne sont pas ceux des messages et des fichiers",
  ),
  pair("its record is not what {file} says", "son message n'est pas ce que dit {file}"),
  pair("a line is not JSON", "une ligne n'est pas du JSON"),
  pair("the record {fault}", "le message {fault}"),
  pair("is not an object", "n'est pas un objet"),
  pair("has no {field}", "n'a pas de {field}"),
  pair("has no text in {field}", "n'a pas de texte dans {field}"),
  pair("has no list of text in {field}", "n'a pas de liste de textes dans {field}"),
  pair("has no number in {field}", "n'a pas de nombre dans {field}"),
  pair("has an Original without hash and size", "a un original sans empreinte ni taille"),
  pair("has no list of Attachments", "n'a pas de liste de pièces jointes"),
];
