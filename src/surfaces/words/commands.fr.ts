import { pair, type Pair } from "./pair.ts";

/** What help says of commands, options and arguments, beside its French. `test/french.test.ts` finds what is missing. */
export const HELP_SENTENCES: readonly Pair[] = [
  pair(
    "Every message out of a Gmail mailbox, exactly once, into JSON files, and provably so.",
    "Tous les messages d'une boîte Gmail, une fois chacun, dans des fichiers JSON, preuve à l'appui.",
  ),
  pair("post a test to the receiver of alarms (NOTIFY_URL)", "envoyer un essai au récepteur des alarmes (NOTIFY_URL)"),
  pair("print data as JSON", "afficher les données en JSON"),
  pair(
    "say nothing when all went well; else what is wrong, on stderr (for cron)",
    "ne rien dire si tout va bien ; sinon ce qui ne va pas, sur stderr (pour cron)",
  ),
  pair(
    "what people are told, in this language (default: LC_ALL, LANG)",
    "ce qui est dit aux personnes, dans cette langue (défaut : LC_ALL, LANG)",
  ),
  pair("output the version number", "afficher la version"),
  pair("display help for command", "afficher l'aide d'une commande"),
  pair(
    "where exports, schedules and sign-ins are remembered",
    "où sont mémorisés exports, planifications et connexions",
  ),
  pair(
    "move all that is remembered into the database of DATABASE_URL, or back into STATE_DIR and TOKEN_DIR",
    "déplacer tout ce qui est mémorisé dans la base de données de DATABASE_URL, ou le ramener dans STATE_DIR et TOKEN_DIR",
  ),
  pair(
    "where it goes; everything must be stopped meanwhile",
    "la destination ; tout doit être arrêté pendant ce temps",
  ),
  pair("sign in with Google", "se connecter avec Google"),
  pair("the account; any when left out", "le compte ; n'importe lequel si omis"),
  pair("the account", "le compte"),
  pair("one account; all when left out", "un compte ; tous si omis"),
  pair("one account; all that are signed in when left out", "un compte ; tous ceux qui sont connectés si omis"),
  pair(
    "print the address, and paste where the browser ends (for machines without one)",
    "afficher l'adresse, et coller celle où le navigateur aboutit (pour les machines sans navigateur)",
  ),
  pair("revoke the grant at Google, then forget it", "révoquer l'accès chez Google, puis l'oublier"),
  pair("who is signed in, and how each grant is", "qui est connecté, et l'état de chaque accès"),
  pair(
    "seal the stored sign-ins with a new key; a running server goes on meanwhile",
    "sceller les connexions enregistrées avec une nouvelle clé ; un serveur en marche continue",
  ),
  pair(
    "bring a mailbox to disk; the same command goes on where it stopped, and brings it up to date",
    "amener une boîte sur le disque ; la même commande reprend où elle s'est arrêtée, et la met à jour",
  ),
  pair("only the newest n messages", "seulement les n messages les plus récents"),
  pair("only what a Gmail search finds", "seulement ce que trouve une recherche Gmail"),
  pair(
    "only messages with all these labels, by name or id",
    "seulement les messages qui portent tous ces libellés, par nom ou identifiant",
  ),
  pair("export accounts again and again, without anybody", "exporter des comptes encore et encore, sans personne"),
  pair(
    'when, as in a crontab: "0 3 * * *" is every night at three',
    'quand, comme dans une crontab : "0 3 * * *" est chaque nuit à trois heures',
  ),
  pair(
    "let the server export an account at these times, each time bringing it up to date",
    "laisser le serveur exporter un compte à ces heures, en le mettant chaque fois à jour",
  ),
  pair(
    "whose clocks count, such as Europe/Paris (default: this machine's)",
    "dont les horloges comptent, comme Europe/Paris (défaut : celui de cette machine)",
  ),
  pair("begin up to so much later, by chance", "retard au hasard, jusqu'à tant"),
  pair("add it, and let it begin when it is resumed", "l'ajouter, et la laisser commencer à sa reprise"),
  pair(
    "what is exported by itself: when next, and how the last export stands",
    "ce qui est exporté de soi-même : quand ensuite, et où en est le dernier export",
  ),
  pair("as schedule list shows it", "comme le montre schedule list"),
  pair(
    "let the server start the export of a schedule now",
    "laisser le serveur lancer maintenant l'export d'une planification",
  ),
  pair("let a schedule rest until it is resumed", "laisser reposer une planification jusqu'à sa reprise"),
  pair(
    "let a paused schedule go on at its next time",
    "laisser une planification en pause repartir à sa prochaine heure",
  ),
  pair("forget a schedule; what was exported stays", "oublier une planification ; ce qui fut exporté reste"),
  pair(
    "print what makes systemd, or cron, run such an export, for those who run no server",
    "afficher ce qui fait lancer un tel export par systemd, ou par cron, pour qui n'a pas de serveur",
  ),
  pair(
    "a script that installs a service and a timer of systemd, for this user",
    "un script qui installe un service et un minuteur de systemd, pour cet utilisateur",
  ),
  pair("a line for crontab -e", "une ligne pour crontab -e"),
  pair("spam and trash too", "le spam et la corbeille aussi"),
  pair(
    "the contents of attachments too, each once, in files of their own",
    "le contenu des pièces jointes aussi, chacun une fois, dans des fichiers à part",
  ),
  pair(
    "take out for good what is deleted in Gmail, and tell how much that was",
    "retirer pour de bon ce qui est supprimé dans Gmail, et dire combien cela faisait",
  ),
  pair("inside EXPORT_DIR (default: EXPORT_DIR/<email>)", "dans EXPORT_DIR (défaut : EXPORT_DIR/<email>)"),
  pair(
    "a former address of the account, under which that directory was exported",
    "une ancienne adresse du compte, sous laquelle ce dossier fut exporté",
  ),
  pair(
    "wait for a directory that another export writes to, and for a new day's quota, instead of ending",
    "attendre un dossier où écrit un autre export, et le quota d'un nouveau jour, au lieu de finir",
  ),
  pair(
    "the accounts of a Google Workspace domain, which a service account reads",
    "les comptes d'un domaine Google Workspace, que lit un compte de service",
  ),
  pair(
    "who is in the domain, how much mail they have, and what exporting it takes (1 quota unit an account)",
    "qui est dans le domaine, combien de courrier ils ont, et ce que coûte l'export (1 unité de quota par compte)",
  ),
  pair(
    "export every account that is chosen, each into its own directory; the same command goes on where it stopped",
    "exporter chaque compte choisi, chacun dans son propre dossier ; la même commande reprend où elle s'est arrêtée",
  ),
  pair(
    "those of an organisational unit and of the units below it, such as /Sales/East",
    "ceux d'une unité organisationnelle et des unités en dessous, comme /Sales/East",
  ),
  pair("the members of a group and of the groups inside it", "les membres d'un groupe et des groupes qu'il contient"),
  pair(
    "those whose address fits, with * for any text; without an @, the part before it",
    "ceux dont l'adresse convient, * valant tout texte ; sans @, la partie devant",
  ),
  pair("those in a list, one address a line", "ceux d'une liste, une adresse par ligne"),
  pair(
    "those too who are suspended or archived, though Google gives no access to them",
    "ceux aussi qui sont suspendus ou archivés, bien que Google n'y donne pas accès",
  ),
  pair(
    "only say who would be exported, and what that takes",
    "dire seulement qui serait exporté, et ce que cela coûte",
  ),
  pair("messages a file", "messages par fichier"),
  pair(
    "only list, and say what it would cost (5 quota units per 500 messages, per 500 with attachments, and per 500 chats)",
    "faire la liste seulement, et dire ce que cela coûterait (5 unités de quota par 500 messages, par 500 avec pièces jointes, et par 500 chats)",
  ),
  pair(
    "with --dry-run: ask at most 20 messages for their size too (20 units each), and tell bytes",
    "avec --dry-run : demander aussi leur taille à 20 messages au plus (20 unités chacun), et donner les octets",
  ),
  pair(
    "beside the records, with commas between: mbox, eml (the originals, in one file or a file each), ndjson, parquet (the records, as lines or as columns)",
    "à côté des messages, séparés par des virgules : mbox, eml (les originaux, en un fichier ou un fichier chacun), ndjson, parquet (les messages, en lignes ou en colonnes)",
  ),
  pair("an export directory", "le dossier d'un export"),
  pair(
    "write an export in another way, for another program; nothing is asked of Google",
    "écrire un export d'une autre manière, pour un autre programme ; rien n'est demandé à Google",
  ),
  pair("what to make of it", "ce qu'il faut en faire"),
  pair(
    "a new folder, or an empty one (default: <dir>-<format>)",
    "un nouveau dossier, ou un dossier vide (défaut : <dir>-<format>)",
  ),
  pair(
    "only messages of this day or later, as 2023-12-05, in UTC",
    "seulement les messages de ce jour ou d'après, comme 2023-12-05, en UTC",
  ),
  pair("only messages of earlier days", "seulement les messages des jours d'avant"),
  pair("only messages in whose sender this stands", "seulement les messages dont l'expéditeur contient cela"),
  pair("mbox: a file for each label", "mbox : un fichier par libellé"),
  pair(
    "mbox: mboxrd, from which each message comes back exactly, or mboxo",
    "mbox : mboxrd, dont chaque message revient exactement, ou mboxo",
  ),
  pair(
    "maildir: one folder, with the labels in X-Keywords, instead of a folder for each label",
    "maildir : un seul dossier, avec les libellés dans X-Keywords, au lieu d'un dossier par libellé",
  ),
  pair(
    "print the records of an export, a line of JSON each, as they are or as they were on a day",
    "afficher les messages d'un export, une ligne de JSON chacun, tels qu'ils sont ou tels qu'ils étaient un jour donné",
  ),
  pair(
    "as they were at the end of this day, as 2023-12-05, in UTC",
    "tels qu'ils étaient à la fin de ce jour, comme 2023-12-05, en UTC",
  ),
  pair(
    "tell what changed in Gmail after it was exported, and when that was seen",
    "dire ce qui a changé dans Gmail après l'export, et quand cela fut vu",
  ),
  pair(
    "only what was seen since this day in UTC, or this time with its zone",
    "seulement ce qui fut vu depuis ce jour en UTC, ou cette heure avec son fuseau",
  ),
  pair("hold an export against its manifest", "confronter un export à son manifeste"),
  pair(
    "and against the mailbox: its messages and their labels (5 quota units per 500 messages, and per 500 of each label)",
    "et à la boîte : ses messages et leurs libellés (5 unités de quota par 500 messages, et par 500 de chaque libellé)",
  ),
  pair(
    "look for what stands in the way of an export, and say what to do (1 quota unit an account)",
    "chercher ce qui fait obstacle à un export, et dire que faire (1 unité de quota par compte)",
  ),
  pair("run the HTTP server and its background exports", "lancer le serveur HTTP et ses exports en arrière-plan"),
  pair("instead of PORT", "au lieu de PORT"),
  pair(
    "run no exports and no schedules here: workers do that",
    "ne lancer ici ni exports ni planifications : des workers s'en chargent",
  ),
  pair(
    "run the exports and schedules that servers are asked for, without a server of its own",
    "lancer les exports et les planifications demandés aux serveurs, sans serveur à soi",
  ),
  pair(
    "make a new API_KEY; it is printed, and kept nowhere",
    "faire une nouvelle API_KEY ; affichée, gardée nulle part",
  ),
  pair(
    "export a simulated mailbox through the real server, and verify it; nothing leaves this machine",
    "exporter une boîte simulée par le vrai serveur, et la vérifier ; rien ne quitte cette machine",
  ),
  pair("size of the mailbox", "taille de la boîte"),
  pair("keep it running afterwards, for a look at the console", "le laisser tourner ensuite, pour regarder la console"),
  pair("yours", "le vôtre"),
  pair(
    "print what makes a shell complete commands, options, folders and accounts with the Tab key",
    "afficher de quoi compléter commandes, options, dossiers et comptes avec la touche Tab",
  ),
];

/** Headings of help, and how commands end. */
export const HELP_HEADINGS: Readonly<Record<string, string>> = {
  "Usage:": "Usage :",
  "Global Options:": "Options générales :", // its last word is the next heading
  "Options:": "Options :",
  "Arguments:": "Arguments :",
  "Commands:": "Commandes :",
  "Signing in:": "Connexion :",
  "Exporting:": "Export :",
  "This machine:": "Cette machine :",
  "What to bring:": "Quoi apporter :",
  "Where to:": "Où :",
  "When:": "Quand :",
  "Which messages:": "Quels messages :",
  "Which accounts (all that is named must hold):": "Quels comptes (tout ce qui est nommé doit valoir) :",
  "How:": "Comment :",
  "Examples:": "Exemples :",
  "Exit codes:": "Codes de sortie :",
  "First steps:": "Premiers pas :",
  "what is missing, and what to do about it": "ce qui manque, et comment y remédier",
  "export you@gmail.com    bring the mailbox to disk": "export vous@gmail.com   amener la boîte sur le disque",
  "login                   sign in with Google": "login                   se connecter avec Google",
  "No Google project yet? gmail-export demo shows it all on a simulated mailbox.":
    "Pas encore de projet Google ? gmail-export demo montre tout sur une boîte simulée.",
  "gmail-export <command> --help has examples of each command.":
    "gmail-export <command> --help a des exemples de chaque commande.",
  "Settings come from the environment and .env (.env.example names them all).":
    "Les réglages viennent de l'environnement et de .env (.env.example les nomme tous).",
  "GMAIL_RECORD_REFUSALS=<file> keeps what Google says when it refuses (docs/pacing.md).":
    "GMAIL_RECORD_REFUSALS=<file> garde ce que Google dit en refusant (docs/pacing.md).",
  "No --quiet: it is there for what it prints.": "Pas de --quiet : elle n'est là que pour ce qu'elle écrit.",
  "No --quiet: with --json it prints nothing where nothing changed.":
    "Pas de --quiet : avec --json, elle n'écrit rien si rien n'a changé.",
  "No --quiet: how these exports go is told by the server's alarm (NOTIFY_URL).":
    "Pas de --quiet : l'alarme du serveur dit comment vont ces exports (NOTIFY_URL).",
  "Documentation: docs/cli.md": "Documentation : docs/cli.md",
  "(default: ": "(défaut : ",
  ", default: ": ", défaut : ",
  "(choices: ": "(choix : ",
  "0 done": "0 fait",
  "1 defect": "1 défaut du programme",
  "2 usage": "2 emploi",
  "3 set-up": "3 configuration",
  "4 sign-in needed": "4 connexion requise",
  "5 not complete": "5 incomplet",
  "6 Google or network": "6 Google ou réseau",
  "7 disk": "7 disque",
  "8 directory": "8 dossier",
  "9 verify found differences": "9 écarts trouvés par verify",
  "130 stopped with Ctrl-C": "130 arrêté par Ctrl-C",
};
