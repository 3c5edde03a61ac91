/*
 * What the command line tells people, in English and in French. Long, and one file all the same: a catalogue without
 * logic, where each text stands in both languages or does not compile.
 */

import type { StateName } from "../../../core/export/job.ts";
import type { Finding } from "../../../pipeline/verify.ts";
import type { Language } from "../../words/language.ts";

/** 12345 → "12,345", or "12 345" in French. */
function number(value: number, language: Language = "en"): string {
  return value.toLocaleString(language === "fr" ? "fr" : "en-US");
}

/** 95_000 → "2 min". Rounded up: nobody minds being done earlier. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 message", "2 messages". */
function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** In millions of bytes, rounded up. */
function megabytes(bytes: number, language: Language = "en"): string {
  return `${number(Math.ceil(bytes / 1e6), language)} ${language === "fr" ? "Mo" : "MB"}`;
}

/** In French nought is singular. */
function pluriel(count: number, un: string, plusieurs = `${un}s`): string {
  return `${number(count, "fr")} ${count < 2 ? un : plusieurs}`;
}

const en = {
  language: "en" as Language,
  number: (value: number): string => number(value),
  time: (at: number): string => new Date(at).toLocaleTimeString(),
  messages: (count: number): string => plural(count, "message"),
  soFar: (messages: string): string => `${messages} so far`,
  stages: {
    starting: "starting",
    listing: "listing",
    fetching: "fetching",
    verifying: "verifying",
    done: "done",
  } as Record<string, string>,
  of: (done: string, all: string): string => `${done} of ${all}`,
  ofMessages: (done: string, all: number): string => `${done} of ${plural(all, "message")}`,
  completed: (done: string, all: number): string => `${done} of ${plural(all, "message")} completed`,
  failed: (count: number): string => `${number(count)} failed`,
  refused: (count: number): string => `${number(count)} refused`,
  gone: (count: number): string => `${number(count)} gone`,
  aMinute: (count: string): string => `${count} a minute`,
  perMinute: (count: string): string => `${count}/min`,
  thisMinute: (used: string, allowed: string): string => `${used} of ${allowed} units this minute`,
  minuteBeyond: (used: string): string => `${used} units this minute, learning how many Google allows`,
  quotaBeingLearned: "learning the quota",
  shareOfMinute: (percent: number): string => `${percent} % of the quota`,
  units: (count: number): string => plural(count, "quota unit"),
  minuteUsedUp: (until: string): string => `Google's minute is used up; goes on at ${until}`,
  waits: (span: string): string => `waiting ${span}`,
  about: (span: string): string => `about ${span} left`,
  left: (span: string): string => `${span} left`,
  waitingLeft: (span: string): string => `waiting, ${span} left`,
  stopping: ["stopping · what has come is made durable · Ctrl-C again leaves at once", "stopping"],
  goesOn: (message: string, until: string): string => `${message} Going on by itself at ${until}; Ctrl-C stops here.`,
  stopped: "Stopped.",
  stoppedExport: "Stopped. Everything fetched so far is on disk; the same command goes on from there.",
  unwritable: (code: string): string => `What belongs on stdout could not be written there (${code}).`,
  complete: "Complete:",
  notComplete: "Not complete:",
  inFiles: (messages: number, files: number, path: string): string =>
    `${plural(messages, "message")} in ${plural(files, "file")} in ${path}`,
  attachments: (stored: number, files: number, bytes: number): string =>
    `${plural(stored, "attachment")} in ${plural(files, "file")} of their own, ${megabytes(bytes)}`,
  originals: (count: number, bytes: number): string => `${plural(count, "original")}, ${megabytes(bytes)}`,
  converted: (messages: number, files: number, bytes: number, into: string): string =>
    `${plural(messages, "message")} in ${plural(files, "file")}, ${megabytes(bytes)}, in ${into}`,
  withoutOriginal: (count: number): string =>
    `${plural(count, "message")} without an original left out (manifest.json says why)`,
  withoutContent: (count: number): string =>
    `${plural(count, "attachment")} left out: the export does not have them (manifest.json says why)`,
  changes: {
    begun: "begun",
    added: "added",
    deleted: "deleted",
    labels: "relabelled",
    labelMade: "label made",
    labelRenamed: "label renamed",
    labelRemoved: "label removed",
  },
  noSchedules: "There are no schedules.",
  nextRun: "next    ",
  lastRun: "last    ",
  pausedSchedule: "paused",
  neverAgain: "never again",
  neverRun: "not yet",
  dueBehind: (exportId: string): string => `due; it waits for the end of export ${exportId}`,
  states: {
    queued: "queued",
    running: "running",
    paused: "paused",
    waiting: "waiting",
    needs_sign_in: "needs a sign-in",
    completed: "completed",
    completed_with_failures: "completed with failures",
    failed: "failed",
    cancelled: "cancelled",
  } as Readonly<Record<StateName, string>>,
  notYetSignedIn: (account: string): string => `Nobody is signed in as ${account} yet: gmail-export login ${account}`,
  serverRunsSchedules: "It runs while a server does: gmail-export serve",
  serverRunsExport: "The export is in the queue; a server runs it: gmail-export serve",
  nothingBefore: "the first run ended; what was before is not known",
  nothingChanged: "No change was seen.",
  pruned: (messages: number, files: number, bytes: number): string =>
    `Taken out, as deleted in Gmail: ${plural(messages, "message")}, ${plural(files, "file")}, ${megabytes(bytes)}`,
  cost: (calls: number, units: number, refused: number): string =>
    `Cost: ${plural(calls, "request")}, ${plural(units, "quota unit")}, ${number(refused)} refused`,
  sinceLastRun: (added: number, relabelled: number, deleted: number): string =>
    `Since the run before: ${number(added)} added, ${number(relabelled)} relabelled, ${number(deleted)} deleted in Gmail and kept here`,
  goneBefore: (count: number): string => `Gone from Gmail before they could be read: ${number(count)}`,
  withoutNamed: (count: number): string =>
    `Without an original, or attachments, in Gmail: ${number(count)} (manifest.json says why)`,
  failedNamed: (count: number): string =>
    `Failed: ${number(count)} (named in manifest.json); run the same command again to retry them`,
  kinds: {
    missing: "missing:",
    extra: "extra:",
    changed: "changed:",
    duplicate: "duplicate:",
    malformed: "malformed:",
    deleted: "deleted:",
    relabelled: "labels:",
  } as Record<Finding["kind"], string>,
  more: (count: number): string => `… and ${number(count)} more (--json names them all)`,
  deletedSince: (count: number): string => `Deleted in Gmail since, kept here: ${number(count)}`,
  unprovenLabels: (labels: string): string =>
    `Gmail does not tell which messages have these labels, so that is not proven: ${labels}`,
  manifest: "the manifest",
  manifestAndGmail: "the manifest and Gmail",
  sound: (messages: number, files: number, against: string): string =>
    `Sound: ${plural(messages, "message")} in ${plural(files, "file")} agree with ${against}`,
  butNotComplete: ", but the export is not complete",
  unsound: (findings: number, against: string): string =>
    `Not sound: ${plural(findings, "finding")} against ${against}`,
  found: (messages: number, conversations: number, calls: number, units: number): string =>
    `${plural(messages, "message")} in ${plural(conversations, "conversation")}: ${plural(calls, "call")} for ${plural(units, "quota unit")}`,
  takes: (time: string, rate: string): string => `About ${time}, ${rate}`,
  range: (likely: string, from: string, to: string, why: string): string =>
    `Most likely about ${likely}; from ${from} to ${to}, since ${why}`,
  notKnown: {
    limit:
      "it is not known yet what Google allows this project and what it charges: the export finds out, and the next dry run knows",
    price: "it is not known yet what Google charges for these reads: the export finds out, and the next dry run knows",
  },
  mail: (bytes: number): string => `${megabytes(bytes)} of mail`,
  noBytes: "How many bytes that is, is not known: --sizes asks at most 20 messages for their size (20 units each).",
  manyBytes: (days: number): string =>
    `Google lets about 2,500 MB of a mailbox be read a day: with originals that may be ${plural(days, "day")}`,
  atRate: (units: number): string => `at ${number(units)} units a minute`,
  textAlone: "Text alone",
  withAttachments: "With attachments",
  withOriginals: "With originals too",
  takesAll: (what: string, units: number, mail: string, time: string): string =>
    `${what}: ${plural(units, "quota unit")}${mail && `, ${mail}`}. ${time}`,
  completing: (messages: number): string => `To complete the ${plural(messages, "record")} that are here already`,
  ofDay: (percent: string): string => `; ${percent} % of what a project may spend a day`,
  accountCost: (messages: number, units: number): string =>
    `${plural(messages, "message")}, at most ${plural(units, "quota unit")}`,
  domainTotal: (accounts: number, messages: number, units: number): string =>
    `${plural(accounts, "account")}, ${plural(messages, "message")}: at most ${plural(units, "quota unit")} for the text`,
  suspended: "suspended",
  archived: "archived",
  noMailbox: "no mailbox",
  leftOut: (account: string, why: string): string => `Left out: ${account} (${why})`,
  notInDomain: (address: string): string => `Not in the domain: ${address}`,
  foreignGroup: (group: string): string => `Another organisation's group, whose members are not told: ${group}`,
  nobodyChosen: "Nobody was chosen, so nothing was exported.",
  signedInAs: (account: string): string => `Signed in as ${account}.`,
  signedOut: (account: string): string => `Signed out ${account}.`,
  notRevoked: " Google could not be told: remove the access at https://myaccount.google.com/permissions",
  nobody: (command: string): string => `Nobody is signed in: ${command}`,
  signedInSince: (day: string): string => `signed in since ${day}`,
  readBy: (serviceAccount: string): string => `read by ${serviceAccount}; nobody has to sign in`,
  signedIn: "signed in",
  notSignedIn: "not signed in",
  sealed: (count: number): string => `Sealed ${plural(count, "sign-in")} with the new key.`,
  unopened: (count: number): string => ` ${count} could not be opened and were left: sign in again as these accounts.`,
  stateMoved: (place: string): string => `All that is remembered is in ${place} now.`,
  movedCounts: (exports: number, schedules: number, signIns: number): string =>
    `${plural(exports, "export")}, ${plural(schedules, "schedule")}, ${plural(signIns, "sign-in")}`,
  startsFrom: (place: "database" | "folder"): string =>
    place === "database"
      ? "Start with the same DATABASE_URL and TOKEN_ENCRYPTION_KEY everywhere. What lay in STATE_DIR is kept, and nothing starts on it."
      : "Take DATABASE_URL out of the settings, and keep TOKEN_ENCRYPTION_KEY. What lay in the database is kept, and nothing starts on it.",
  opening: (url: string): string[] => ["Opening your browser to sign in. If none opens, go to:", "", url, ""],
  noBrowser: "No browser could be opened: please open the address above yourself.",
  openThis: (url: string): string[] => ["Open this address in a browser on any machine and sign in:", "", url, ""],
  endsAt: (address: string): string =>
    `The browser ends at an address that starts with ${address}. It may say that it cannot connect: copy that address.`,
  paste: "Paste it here: ",
  notWhole: "That is not the whole address: it contains state= and code=.",
  keyHint: "Put it into .env where the server starts, as API_KEY=<this>; then restart the server.",
  why: "why ",
  next: "next",
  inTheWay: (failed: number, warnings: number): string =>
    `${plural(failed, "thing stands", "things stand")} in the way, ${plural(warnings, "warning")}.`,
  nothingInTheWay: (warnings: number): string =>
    `Nothing stands in the way${warnings > 0 ? `, ${plural(warnings, "warning")}` : ""}.`,
  demoListens: (messages: number, google: string, server: string): string =>
    `A simulated Google with ${plural(messages, "message")} listens on ${google}, gmail-export on ${server}.`,
  demoSignedIn: (account: string, title: string): string => `Signed in as ${account}: ${title}.`,
  demoAtGoogle: (units: number, minutes: number): string =>
    `At Google, where a new project may spend ${number(units)} units a minute, it would take about ${plural(minutes, "minute")}.`,
  demoRecord: "The first record:",
  demoStays: (url: string): string => `Look at it in a browser, and try what you like: ${url} (Ctrl-C ends it)`,
  works: (worker: string, concurrency: number): string =>
    `Worker ${worker} takes up to ${plural(concurrency, "export")} at once. Ctrl-C makes them durable and gives them back.`,
  listens: (url: string): string => `gmail-export listens on ${url} (open it in a browser; its API: ${url}/docs)`,
};

/** What the command line says to people, in one language. Data is not among it: that stays English. */
export type Messages = typeof en;

const fr: Messages = {
  language: "fr",
  number: (value) => number(value, "fr"),
  time: (at) => new Date(at).toLocaleTimeString("fr"),
  messages: (count) => pluriel(count, "message"),
  soFar: (messages) => `${messages} jusqu'ici`,
  stages: {
    starting: "préparation",
    listing: "liste",
    fetching: "lecture",
    verifying: "vérification",
    done: "terminé",
  },
  of: (done, all) => `${done} sur ${all}`,
  ofMessages: (done, all) => `${done} sur ${pluriel(all, "message")}`,
  completed: (done, all) => `${done} sur ${pluriel(all, "message")} complétés`,
  failed: (count) => `${number(count, "fr")} en échec`,
  refused: (count) => pluriel(count, "refus", "refus"),
  gone: (count) => pluriel(count, "disparu"),
  aMinute: (count) => `${count} par minute`,
  perMinute: (count) => `${count}/min`,
  thisMinute: (used, allowed) => `${used} sur ${allowed} unités cette minute`,
  minuteBeyond: (used) => `${used} unités cette minute, limite de Google en cours de mesure`,
  quotaBeingLearned: "quota en cours de mesure",
  shareOfMinute: (percent) => `${percent} % du quota`,
  units: (count) => pluriel(count, "unité de quota", "unités de quota"),
  minuteUsedUp: (until) => `La minute de Google est épuisée ; reprise à ${until}`,
  waits: (span) => `attente ${span}`,
  about: (span) => `encore ${span} environ`,
  left: (span) => `encore ${span}`,
  waitingLeft: (span) => `en attente, encore ${span}`,
  stopping: ["arrêt · ce qui est venu est mis en sûreté · Ctrl-C encore : sortie immédiate", "arrêt"],
  goesOn: (message, until) => `${message} Reprise d'elle-même à ${until} ; Ctrl-C arrête ici.`,
  stopped: "Arrêté.",
  stoppedExport: "Arrêté. Tout ce qui a été lu est sur le disque ; la même commande continue de là.",
  unwritable: (code) => `Ce qui devait aller sur stdout n'a pas pu y être écrit (${code}).`,
  complete: "Complet :",
  notComplete: "Incomplet :",
  inFiles: (messages, files, path) => `${pluriel(messages, "message")} dans ${pluriel(files, "fichier")} de ${path}`,
  attachments: (stored, files, bytes) =>
    `${pluriel(stored, "pièce jointe", "pièces jointes")} dans ${pluriel(files, "fichier")} à part, ${megabytes(bytes, "fr")}`,
  originals: (count, bytes) => `${pluriel(count, "original", "originaux")}, ${megabytes(bytes, "fr")}`,
  converted: (messages, files, bytes, into) =>
    `${pluriel(messages, "message")} dans ${pluriel(files, "fichier")}, ${megabytes(bytes, "fr")}, dans ${into}`,
  withoutOriginal: (count) =>
    `${pluriel(count, "message sans original laissé", "messages sans original laissés")} de côté (manifest.json dit pourquoi)`,
  withoutContent: (count) =>
    `${pluriel(count, "pièce jointe laissée", "pièces jointes laissées")} de côté : l'export ne les a pas (manifest.json dit pourquoi)`,
  changes: {
    begun: "début",
    added: "ajouté",
    deleted: "supprimé",
    labels: "libellés changés",
    labelMade: "libellé créé",
    labelRenamed: "libellé renommé",
    labelRemoved: "libellé supprimé",
  },
  noSchedules: "Il n'y a pas de planification.",
  nextRun: "suivant ",
  lastRun: "dernier ",
  pausedSchedule: "en pause",
  neverAgain: "plus jamais",
  neverRun: "pas encore",
  dueBehind: (exportId) => `dû ; attend la fin de l'export ${exportId}`,
  states: {
    queued: "en attente",
    running: "en cours",
    paused: "en pause",
    waiting: "patiente",
    needs_sign_in: "demande une connexion",
    completed: "terminé",
    completed_with_failures: "terminé avec des échecs",
    failed: "en échec",
    cancelled: "annulé",
  },
  notYetSignedIn: (account) => `Personne n'est encore connecté comme ${account} : gmail-export login ${account}`,
  serverRunsSchedules: "Elle court tant qu'un serveur tourne : gmail-export serve",
  serverRunsExport: "L'export est dans la file ; un serveur le fait : gmail-export serve",
  nothingBefore: "fin du premier passage ; ce qu'il y avait avant n'est pas connu",
  nothingChanged: "Aucun changement n'a été vu.",
  pruned: (messages, files, bytes) =>
    `Retirés, car supprimés dans Gmail : ${pluriel(messages, "message")}, ${pluriel(files, "fichier")}, ${megabytes(bytes, "fr")}`,
  cost: (calls, units, refused) =>
    `Coût : ${pluriel(calls, "appel")}, ${pluriel(units, "unité de quota", "unités de quota")}, ${pluriel(refused, "refus", "refus")}`,
  sinceLastRun: (added, relabelled, deleted) =>
    `Depuis le passage précédent : ${pluriel(added, "ajouté")}, ${number(relabelled, "fr")} aux libellés changés, ${pluriel(deleted, "supprimé")} dans Gmail et ${deleted > 1 ? "gardés" : "gardé"} ici`,
  goneBefore: (count) => `Disparus de Gmail avant d'être lus : ${number(count, "fr")}`,
  withoutNamed: (count) =>
    `Sans original, ou sans pièces jointes, dans Gmail : ${number(count, "fr")} (manifest.json dit pourquoi)`,
  failedNamed: (count) =>
    `En échec : ${number(count, "fr")} (nommés dans manifest.json) ; relancez la même commande pour les relire`,
  kinds: {
    missing: "manque :",
    extra: "en trop :",
    changed: "changé :",
    duplicate: "en double :",
    malformed: "mal formé :",
    deleted: "supprimé :",
    relabelled: "libellés :",
  },
  more: (count) => `… et ${number(count, "fr")} de plus (--json les nomme tous)`,
  deletedSince: (count) => `Supprimés depuis dans Gmail, gardés ici : ${number(count, "fr")}`,
  unprovenLabels: (labels) =>
    `Gmail ne dit pas quels messages portent ces libellés, ce qui n'est donc pas prouvé : ${labels}`,
  manifest: "le manifeste",
  manifestAndGmail: "le manifeste et Gmail",
  sound: (messages, files, against) =>
    `Intact : ${pluriel(messages, "message")} dans ${pluriel(files, "fichier")}, en accord avec ${against}`,
  butNotComplete: ", mais l'export n'est pas complet",
  unsound: (findings, against) => `Pas intact : ${pluriel(findings, "écart")} avec ${against}`,
  found: (messages, conversations, calls, units) =>
    `${pluriel(messages, "message")} dans ${pluriel(conversations, "conversation")} : ${pluriel(calls, "appel")} pour ${pluriel(units, "unité de quota", "unités de quota")}`,
  takes: (time, rate) => `Environ ${time}, ${rate}`,
  range: (likely, from, to, why) => `Environ ${likely} selon toute vraisemblance ; de ${from} à ${to}, car ${why}`,
  notKnown: {
    limit:
      "on ne sait pas encore ce que Google accorde à ce projet ni ce qu'il compte : l'export le découvre, et l'estimation suivante le sait",
    price:
      "on ne sait pas encore ce que Google compte pour ces lectures : l'export le découvre, et l'estimation suivante le sait",
  },
  mail: (bytes) => `${megabytes(bytes, "fr")} de courrier`,
  noBytes:
    "Combien d'octets cela fait, on ne le sait pas : --sizes demande leur taille à 20 messages au plus (20 unités chacun).",
  manyBytes: (days) =>
    `Google laisse lire environ 2 500 Mo d'une boîte par jour : avec les originaux, cela peut faire ${pluriel(days, "jour")}`,
  atRate: (units) => `à ${number(units, "fr")} unités par minute`,
  textAlone: "Le texte seul",
  withAttachments: "Avec les pièces jointes",
  withOriginals: "Avec les originaux aussi",
  takesAll: (what, units, mail, time) =>
    `${what} : ${pluriel(units, "unité de quota", "unités de quota")}${mail && `, ${mail}`}. ${time}`,
  completing: (messages) => `Pour compléter ${pluriel(messages, "message")} déjà ici`,
  ofDay: (percent) => ` ; ${percent} % de ce qu'un projet peut dépenser par jour`,
  accountCost: (messages, units) =>
    `${pluriel(messages, "message")}, au plus ${pluriel(units, "unité de quota", "unités de quota")}`,
  domainTotal: (accounts, messages, units) =>
    `${pluriel(accounts, "compte")}, ${pluriel(messages, "message")} : au plus ${pluriel(units, "unité de quota", "unités de quota")} pour le texte`,
  suspended: "suspendu",
  archived: "archivé",
  noMailbox: "pas de boîte",
  leftOut: (account, why) => `Laissé de côté : ${account} (${why})`,
  notInDomain: (address) => `Absent du domaine : ${address}`,
  foreignGroup: (group) => `Groupe d'une autre organisation, dont les membres ne sont pas dits : ${group}`,
  nobodyChosen: "Personne n'a été choisi, rien n'a donc été exporté.",
  signedInAs: (account) => `Connecté comme ${account}.`,
  signedOut: (account) => `${account} est déconnecté.`,
  notRevoked: " Google n'a pas pu être prévenu : retirez l'accès sur https://myaccount.google.com/permissions",
  nobody: (command) => `Personne n'est connecté : ${command}`,
  signedInSince: (day) => `connecté depuis le ${day}`,
  readBy: (serviceAccount) => `lu par ${serviceAccount} ; personne n'a à se connecter`,
  signedIn: "connecté",
  notSignedIn: "pas connecté",
  sealed: (count) => `${pluriel(count, "connexion scellée", "connexions scellées")} avec la nouvelle clé.`,
  unopened: (count) => ` ${count} n'ont pas pu être ouvertes et sont restées : reconnectez ces comptes.`,
  stateMoved: (place) => `Tout ce qui est mémorisé se trouve maintenant dans ${place}.`,
  movedCounts: (exports, schedules, signIns) =>
    `${pluriel(exports, "export")}, ${pluriel(schedules, "planification")}, ${pluriel(signIns, "connexion")}`,
  startsFrom: (place) =>
    place === "database"
      ? "Démarrez partout avec les mêmes DATABASE_URL et TOKEN_ENCRYPTION_KEY. Ce que contenait STATE_DIR est gardé, et rien ne démarre dessus."
      : "Retirez DATABASE_URL des réglages, et gardez TOKEN_ENCRYPTION_KEY. Ce que contenait la base de données est gardé, et rien ne démarre dessus.",
  opening: (url) => ["Votre navigateur s'ouvre pour la connexion. Si aucun ne s'ouvre, allez à :", "", url, ""],
  noBrowser: "Aucun navigateur n'a pu être ouvert : ouvrez vous-même l'adresse ci-dessus.",
  openThis: (url) => [
    "Ouvrez cette adresse dans un navigateur, sur n'importe quelle machine, et connectez-vous :",
    "",
    url,
    "",
  ],
  endsAt: (address) =>
    `Le navigateur aboutit à une adresse qui commence par ${address}. Il dira peut-être qu'il ne peut pas se connecter : copiez cette adresse.`,
  paste: "Collez-la ici : ",
  notWhole: "Ce n'est pas l'adresse entière : elle contient state= et code=.",
  keyHint: "Mettez-la dans .env, là où le serveur démarre : API_KEY=<ceci> ; puis redémarrez le serveur.",
  why: "pourquoi  ",
  next: "que faire ",
  inTheWay: (failed, warnings) => `${pluriel(failed, "obstacle")}, ${pluriel(warnings, "avertissement")}.`,
  nothingInTheWay: (warnings) =>
    `Rien ne fait obstacle${warnings > 0 ? `, ${pluriel(warnings, "avertissement")}` : ""}.`,
  demoListens: (messages, google, server) =>
    `Un Google simulé avec ${pluriel(messages, "message")} écoute sur ${google}, gmail-export sur ${server}.`,
  demoSignedIn: (account, title) => `Connecté comme ${account} : ${title}.`,
  demoAtGoogle: (units, minutes) =>
    `Chez Google, où un nouveau projet peut dépenser ${number(units, "fr")} unités par minute, cela prendrait environ ${pluriel(minutes, "minute")}.`,
  demoRecord: "Le premier message :",
  demoStays: (url) => `Regardez-le dans un navigateur, et essayez ce que vous voulez : ${url} (Ctrl-C y met fin)`,
  works: (worker, concurrency) =>
    `Le worker ${worker} prend jusqu'à ${pluriel(concurrency, "export")} à la fois. Ctrl-C les met à l'abri et les rend.`,
  listens: (url) => `gmail-export écoute sur ${url} (à ouvrir dans un navigateur ; son API : ${url}/docs)`,
};

const SPOKEN: Readonly<Record<Language, Messages>> = { en, fr };

/** All words of one language. */
export function messagesIn(language: Language): Messages {
  return SPOKEN[language];
}
