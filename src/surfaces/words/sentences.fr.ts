import { pair, type Pair } from "./pair.ts";

/**
 * Every sentence that failures say, beside its French. What stands in braces is put in as it is found in the English
 * one, translated itself where it is a sentence, number or size of ours. `test/french.test.ts` finds what is missing.
 * Long, and one file all the same: a catalogue without logic, which a translator reads from top to bottom.
 */
export const FAILURE_SENTENCES: readonly Pair[] = [
  // settings and this machine
  pair(
    "Name a file that is not there yet, in a folder of your own.",
    "Nommez un fichier qui n'existe pas encore, dans un dossier à vous.",
  ),
  pair("These settings cannot be used: {problems}.", "Ces réglages sont inutilisables : {problems}."),
  pair("These settings cannot be used: {problems}", "Ces réglages sont inutilisables : {problems}"),
  pair(
    "Correct them in the environment or in .env; every setting is described in .env.example.",
    "Corrigez-les dans l'environnement ou dans .env ; .env.example décrit chaque réglage.",
  ),
  // the database
  pair("The database at {address} does not answer ({code}).", "La base de données à {address} ne répond pas ({code})."),
  pair(
    "See that it runs and that DATABASE_URL leads to it. Exports go on by themselves when it does.",
    "Vérifiez qu'elle tourne et que DATABASE_URL y mène. Les exports reprennent alors d'eux-mêmes.",
  ),
  pair(
    "Set the key it was sealed with (TOKEN_ENCRYPTION_KEY, or TOKEN_ENCRYPTION_KEY_FORMER), or sign in again, which replaces it.",
    "Réglez la clé avec laquelle elle fut scellée (TOKEN_ENCRYPTION_KEY, ou TOKEN_ENCRYPTION_KEY_FORMER), ou reconnectez-vous, ce qui la remplace.",
  ),
  pair(
    "This sign-in was not begun here, or was begun long ago.",
    "Cette connexion n'a pas été commencée ici, ou l'a été il y a longtemps.",
  ),
  pair("This sign-in was sealed with another key.", "Cette connexion a été scellée avec une autre clé."),
  pair("Another process has taken over the alarms.", "Un autre processus s'occupe désormais des alarmes."),
  pair(
    "{name} must be the URL of a PostgreSQL database, such as {example}",
    "{name} doit être l'URL d'une base PostgreSQL, comme {example}",
  ),
  pair(
    "{name} is shared by machines that must have one key: set TOKEN_ENCRYPTION_KEY to 32 bytes in base64 too",
    "{name} est partagée par des machines qui doivent avoir une seule clé : réglez aussi TOKEN_ENCRYPTION_KEY à 32 octets en base64",
  ),
  pair(
    "The database at {address} is PostgreSQL {major}, and gmail-export needs {oldest} or newer.",
    "La base de données à {address} est PostgreSQL {major}, et gmail-export a besoin de {oldest} ou plus récent.",
  ),
  pair(
    "Move it to a newer server (pg_upgrade, or a dump), or name another in DATABASE_URL.",
    "Passez-la sur un serveur plus récent (pg_upgrade, ou une copie), ou nommez-en une autre dans DATABASE_URL.",
  ),
  pair(
    "The clock of this machine and that of the database at {address} are {seconds} seconds apart.",
    "L'horloge de cette machine et celle de la base de données à {address} diffèrent de {seconds} secondes.",
  ),
  pair(
    "Set both by the network (sudo timedatectl set-ntp true; of a container or virtual machine, on its host).",
    "Réglez les deux par le réseau (sudo timedatectl set-ntp true ; pour un conteneur ou une machine virtuelle, sur son hôte).",
  ),
  pair(
    "What {place} says of a move of its state cannot be read.",
    "Ce que {place} dit d'un déplacement de son état est illisible.",
  ),
  pair(
    "Put it back from a backup, or ask where the state was moved to and start with that.",
    "Restaurez-le depuis une sauvegarde, ou demandez où l'état a été déplacé et démarrez avec cela.",
  ),
  pair(
    "The state that lay in {place} was moved to {other}.",
    "L'état qui se trouvait dans {place} a été déplacé dans {other}.",
  ),
  pair(
    "Set DATABASE_URL to go on there, or move it back: gmail-export state move --to folder.",
    "Réglez DATABASE_URL pour continuer là-bas, ou ramenez-le : gmail-export state move --to folder.",
  ),
  pair(
    "Leave DATABASE_URL out to go on there, or move it back: gmail-export state move --to database.",
    "Retirez DATABASE_URL pour continuer là-bas, ou ramenez-le : gmail-export state move --to database.",
  ),
  pair(
    "The state is being moved from {place} to {other}, or that was cut short.",
    "L'état est en cours de déplacement de {place} vers {other}, ou cela a été interrompu.",
  ),
  pair(
    "End it before anything is started: gmail-export state move --to {kind}. Done again, it loses nothing and does nothing twice.",
    "Terminez-le avant de démarrer quoi que ce soit : gmail-export state move --to {kind}. Refait, il ne perd rien et ne fait rien deux fois.",
  ),
  pair("Another process is moving the state.", "Un autre processus déplace l'état."),
  pair("The state is on its way from {other} to {place}.", "L'état est en route de {other} vers {place}."),
  pair(
    "End that first: gmail-export state move --to {kind}.",
    "Terminez d'abord cela : gmail-export state move --to {kind}.",
  ),
  pair("{place} holds the state of another deployment.", "{place} contient l'état d'un autre déploiement."),
  pair("Name an empty database in DATABASE_URL.", "Indiquez une base de données vide dans DATABASE_URL."),
  pair("Name empty folders in STATE_DIR and TOKEN_DIR.", "Indiquez des dossiers vides dans STATE_DIR et TOKEN_DIR."),
  pair(
    "The state of {place} was moved to {other}, and this is another place, or it is there no more.",
    "L'état de {place} a été déplacé dans {other}, et ceci est un autre emplacement, ou il n'y est plus.",
  ),
  pair(
    "Name that place again. If it is lost, remove moved.json from STATE_DIR: then all is as it was before the move.",
    "Indiquez de nouveau cet emplacement. S'il est perdu, supprimez moved.json de STATE_DIR : tout est alors comme avant le déplacement.",
  ),
  pair(
    "Name that place again. If it is lost, empty the table gmail_export.moved: then all is as it was before the move.",
    "Indiquez de nouveau cet emplacement. S'il est perdu, videz la table gmail_export.moved : tout est alors comme avant le déplacement.",
  ),
  pair(
    "Of the sign-ins in {place}, {count} cannot be opened with this TOKEN_ENCRYPTION_KEY.",
    "Parmi les connexions dans {place}, {count} ne peuvent pas être ouvertes avec ce TOKEN_ENCRYPTION_KEY.",
  ),
  pair(
    "Set TOKEN_ENCRYPTION_KEY to what stands in the file key of STATE_DIR, or to the key they were sealed with; or sign these accounts out (gmail-export logout).",
    "Donnez à TOKEN_ENCRYPTION_KEY ce que contient le fichier key de STATE_DIR, ou la clé avec laquelle elles ont été scellées ; ou déconnectez ces comptes (gmail-export logout).",
  ),
  pair(
    "Set TOKEN_ENCRYPTION_KEY to the key they were sealed with; or sign these accounts out (gmail-export logout).",
    "Donnez à TOKEN_ENCRYPTION_KEY la clé avec laquelle elles ont été scellées ; ou déconnectez ces comptes (gmail-export logout).",
  ),
  pair("Another process uses {place}.", "Un autre processus utilise {place}."),
  pair("Stop it first.", "Arrêtez-le d'abord."),
  pair(
    "A server, a worker or another command of gmail-export is at work on {place}.",
    "Un serveur, un worker ou une autre commande de gmail-export travaille sur {place}.",
  ),
  pair(
    "Stop it, on every machine. One that was killed is waited for: try again in a minute.",
    "Arrêtez-le, sur chaque machine. Celui qui a été tué est attendu : réessayez dans une minute.",
  ),
  pair(
    "DATABASE_URL names no database: the state moves into it, or out of it.",
    "DATABASE_URL n'indique aucune base de données : l'état s'y déplace, ou en sort.",
  ),
  pair(
    "Set DATABASE_URL, such as postgres://user:password@db.example.com/gmail_export, and do the same again.",
    "Réglez DATABASE_URL, par exemple postgres://user:password@db.example.com/gmail_export, et refaites la même chose.",
  ),
  pair(
    "TOKEN_ENCRYPTION_KEY is not set: sign-ins in a database are sealed with a key that every machine has.",
    "TOKEN_ENCRYPTION_KEY n'est pas réglé : les connexions d'une base de données sont scellées avec une clé que chaque machine possède.",
  ),
  pair(
    "Set TOKEN_ENCRYPTION_KEY to what stands in {folder}/key (where there is no such file: to what openssl rand -base64 32 prints), and do the same again.",
    "Donnez à TOKEN_ENCRYPTION_KEY ce que contient {folder}/key (s'il n'y a pas ce fichier : ce qu'affiche openssl rand -base64 32), et refaites la même chose.",
  ),
  pair(
    "What lies in the database at {address} was sealed with another key than this TOKEN_ENCRYPTION_KEY.",
    "Ce que contient la base de données à {address} a été scellé avec une autre clé que ce TOKEN_ENCRYPTION_KEY.",
  ),
  pair(
    "Set the same TOKEN_ENCRYPTION_KEY on every machine (with TOKEN_ENCRYPTION_KEY_FORMER while it changes), or give this deployment a database of its own.",
    "Réglez le même TOKEN_ENCRYPTION_KEY sur chaque machine (avec TOKEN_ENCRYPTION_KEY_FORMER pendant qu'elle change), ou donnez à ce déploiement sa propre base de données.",
  ),
  pair("The database at {address} refuses the password.", "La base de données à {address} refuse le mot de passe."),
  pair("Correct user and password in DATABASE_URL.", "Corrigez l'utilisateur et le mot de passe dans DATABASE_URL."),
  pair("The database at {address} asks for a password.", "La base de données à {address} demande un mot de passe."),
  pair("Name user and password in DATABASE_URL.", "Nommez l'utilisateur et le mot de passe dans DATABASE_URL."),
  pair(
    "The database at {address} does not let this user in.",
    "La base de données à {address} ne laisse pas entrer cet utilisateur.",
  ),
  pair(
    "Correct the user in DATABASE_URL, or let it in (pg_hba.conf); where the server asks for TLS, add ?sslmode=verify-full.",
    "Corrigez l'utilisateur dans DATABASE_URL, ou laissez-le entrer (pg_hba.conf) ; si le serveur demande TLS, ajoutez ?sslmode=verify-full.",
  ),
  pair("There is no database at {address}.", "Il n'y a pas de base de données à {address}."),
  pair(
    "Correct the name in DATABASE_URL, or make it (createdb).",
    "Corrigez le nom dans DATABASE_URL, ou créez-la (createdb).",
  ),
  pair(
    "The database at {address} does not allow its user what gmail-export needs.",
    "La base de données à {address} ne permet pas à son utilisateur ce dont gmail-export a besoin.",
  ),
  pair(
    "Let the user of DATABASE_URL make a schema there (GRANT CREATE ON DATABASE), and use what is in it.",
    "Permettez à l'utilisateur de DATABASE_URL d'y créer un schéma (GRANT CREATE ON DATABASE), et d'utiliser ce qui s'y trouve.",
  ),
  pair(
    "The database at {address} cannot be reached over TLS ({code}).",
    "La base de données à {address} n'est pas joignable par TLS ({code}).",
  ),
  pair(
    "Name the authority of its certificate in NODE_EXTRA_CA_CERTS or by sslrootcert= in DATABASE_URL, or correct its sslmode.",
    "Nommez l'autorité de son certificat dans NODE_EXTRA_CA_CERTS ou par sslrootcert= dans DATABASE_URL, ou corrigez son sslmode.",
  ),
  pair(
    "The database at {address} was made ready by a newer gmail-export (its tables have version {version}, this program knows {known}).",
    "La base de données à {address} a été préparée par un gmail-export plus récent (ses tables ont la version {version}, ce programme connaît {known}).",
  ),
  pair(
    "Start the newer version on every machine, or give this one a database of its own.",
    "Lancez la version plus récente sur chaque machine, ou donnez à celle-ci sa propre base de données.",
  ),
  pair("{name} must be a whole number from {from} to {to}", "{name} doit être un nombre entier de {from} à {to}"),
  pair("{name} must be one of {choices}", "{name} doit être l'un de {choices}"),
  pair(
    "{name} must be 32 bytes in base64 (make one with: openssl rand -base64 32)",
    "{name} doit être 32 octets en base64 (pour en faire : openssl rand -base64 32)",
  ),
  pair(
    "{name} must be an https URL (http only on this machine, such as {example})",
    "{name} doit être une adresse https (http seulement sur cette machine, comme {example})",
  ),
  pair("{name} must be an address, such as {example}", "{name} doit être une adresse, comme {example}"),
  pair(
    "{name} must be a host name, with a port where it is not 80, such as {example}",
    "{name} doit être un nom d'hôte, avec un port si ce n'est pas 80, comme {example}",
  ),
  pair(
    "{name} must be an https URL without a fragment (http only on this machine, such as {example})",
    "{name} doit être une adresse https sans fragment (http seulement sur cette machine, comme {example})",
  ),
  pair(
    "{name} must be a whole number of minutes, hours or days up to 366 days, such as {example}",
    "{name} doit être un nombre entier de minutes (m), d'heures (h) ou de jours (d), 366 jours au plus, comme {example}",
  ),
  pair(
    "{name} must be e-mail addresses, separated by commas or spaces",
    "{name} doit être des adresses de courriel, séparées par des virgules ou des espaces",
  ),
  pair(
    "{name} names whose mailboxes are watched, and {other} is not set: set it too",
    "{name} dit quelles boîtes sont surveillées, et {other} n'est pas réglé : réglez-le aussi",
  ),
  pair(
    "{name} must be host names without scheme and port, such as {example}",
    "{name} doit être des noms d'hôtes sans protocole ni port, comme {example}",
  ),
  pair(
    "{name} must be addresses or networks of proxies, such as {example} or {network}",
    "{name} doit être des adresses ou réseaux de proxys, comme {example} ou {network}",
  ),
  pair(
    "{name} can be reached from other machines: set API_KEY too, or leave it at 127.0.0.1",
    "{name} est joignable depuis d'autres machines : réglez aussi API_KEY, ou laissez 127.0.0.1",
  ),
  pair(
    "{name} lets in others than this machine: set API_KEY too",
    "{name} laisse entrer d'autres que cette machine : réglez aussi API_KEY",
  ),
  pair(
    "{name} must have at least 43 characters, as 32 random bytes in base64 do (gmail-export key makes one)",
    "{name} doit avoir au moins 43 caractères, comme 32 octets aléatoires en base64 (gmail-export key en fait une)",
  ),
  pair(
    "{name} is 0, which lets anybody on the way read tokens and mail: unset it (a proxy's own certificate goes to NODE_EXTRA_CA_CERTS)",
    "{name} vaut 0, ce qui laisse quiconque en chemin lire jetons et courrier : retirez-le (le certificat d'un proxy va dans NODE_EXTRA_CA_CERTS)",
  ),
  pair(
    "The receiver of alarms had an error of its own (HTTP {status}).",
    "Le récepteur des alarmes a eu une erreur à lui (HTTP {status}).",
  ),
  pair(
    "It is tried again for an hour, and then the next day; see that the receiver works.",
    "Il y aura d'autres essais pendant une heure, puis le lendemain ; voyez si le récepteur fonctionne.",
  ),
  pair(
    "The receiver of alarms did not take one (HTTP {status}).",
    "Le récepteur des alarmes n'en a pas voulu (HTTP {status}).",
  ),
  pair(
    "It leads to another address, which is not followed: set NOTIFY_URL to that, if it is the receiver's.",
    "Il mène à une autre adresse, qui n'est pas suivie : mettez-la dans NOTIFY_URL, si c'est celle du récepteur.",
  ),
  pair(
    "Look at NOTIFY_URL: the address may be wrong, or may not be used any more.",
    "Regardez NOTIFY_URL : l'adresse est peut-être fausse, ou ne sert plus.",
  ),
  pair("The receiver of alarms did not answer in time.", "Le récepteur des alarmes n'a pas répondu à temps."),
  pair(
    "See that the receiver works, and that this machine reaches it.",
    "Voyez si le récepteur fonctionne, et si cette machine le joint.",
  ),
  pair("The receiver of alarms cannot be reached ({code}).", "Le récepteur des alarmes est injoignable ({code})."),
  pair(
    "See that NOTIFY_URL is the receiver's address, and that this machine reaches it.",
    "Voyez si NOTIFY_URL est l'adresse du récepteur, et si cette machine le joint.",
  ),
  pair("Another process is changing the key.", "Un autre processus est en train de changer la clé."),
  pair("Wait until it has ended.", "Attendez qu'il ait fini."),
  pair("The server cannot listen on {address} ({code}).", "Le serveur ne peut pas écouter sur {address} ({code})."),
  pair(
    "Stop what listens there, or choose another PORT (and OAUTH_REDIRECT_URI, if it is set).",
    "Arrêtez ce qui y écoute, ou choisissez un autre PORT (et OAUTH_REDIRECT_URI, s'il est réglé).",
  ),
  pair(
    "OAUTH_REDIRECT_URI is an address of the web, so others than this machine can reach the server, and there is no API_KEY.",
    "OAUTH_REDIRECT_URI est une adresse du web : d'autres que cette machine peuvent joindre le serveur, et il n'y a pas d'API_KEY.",
  ),
  pair(
    "Set API_KEY to what `gmail-export key` prints.",
    "Donnez à API_KEY ce qu'affiche la commande `gmail-export key`.",
  ),
  pair("The address cannot be read.", "L'adresse ne peut pas être lue."),
  pair("See /docs for what there is.", "Voyez /docs pour ce qui existe."),
  pair("{path} is {kind}, not a file.", "{path} est {kind}, pas un fichier."),
  pair("Put a file of your own in its place.", "Mettez un fichier à vous à sa place."),
  pair(
    "{path} holds secrets, and other users of this machine may read it.",
    "{path} contient des secrets, et d'autres utilisateurs de cette machine peuvent le lire.",
  ),
  pair("Type: chmod 600 {path}", "Tapez : chmod 600 {path}"),

  pair(
    "Correct {path}; every setting is described in .env.example.",
    "Corrigez {path} ; .env.example décrit chaque réglage.",
  ),
  pair(
    "{path} holds secrets, and other users of this machine may read it, or it is another's.",
    "{path} contient des secrets, et d'autres utilisateurs de cette machine peuvent le lire, ou il est à un autre.",
  ),
  pair(
    "{path} says where sign-ins are kept or sent ({names}), and it is not for its user alone.",
    "{path} dit où les connexions sont gardées ou envoyées ({names}), et n'est pas réservé à son utilisateur.",
  ),
  pair(
    "Look at what is in it; if that is what you want, type: chmod 600 {path}",
    "Regardez ce qu'il contient ; si c'est ce que vous voulez, tapez : chmod 600 {path}",
  ),
  pair("The key file {path} {fault}.", "Le fichier de la clé {path} {fault}."),
  pair("It is one line of base64, and nothing else.", "C'est une ligne de base64, et rien d'autre."),

  // the client file
  pair("The client file {file} {fault}.", "Le fichier client {file} {fault}."),
  pair("What was sent {fault}.", "Ce qui a été envoyé {fault}."),
  pair("is empty", "est vide"),
  pair("is a directory", "est un dossier"),
  pair("is not JSON", "n'est pas du JSON"),
  pair("cannot be read ({code})", "ne peut pas être lu ({code})"),
  pair("does not hold a JSON object", "ne contient pas un objet JSON"),
  pair(
    "holds an API key; reading mail needs an OAuth client",
    "contient une clé d'API ; lire du courrier demande un client OAuth",
  ),
  pair(
    "holds {other}; signing people in needs an OAuth client",
    "contient {other} ; connecter des personnes demande un client OAuth",
  ),
  pair("a service account's key", "la clé d'un compte de service"),
  pair(
    "a person's gcloud sign-in (application default credentials)",
    "la connexion gcloud d'une personne (application default credentials)",
  ),
  pair("somebody's tokens", "les jetons de quelqu'un"),
  pair("an API key", "une clé d'API"),
  pair('has both "installed" and "web"', 'a à la fois "installed" et "web"'),
  pair('has neither "installed" nor "web" at its top', 'n\'a ni "installed" ni "web" à sa racine'),
  pair('has a "{kind}" that is not an object', 'a un "{kind}" qui n\'est pas un objet'),
  pair("cannot be used: {faults}", "est inutilisable : {faults}"),
  pair("{field} is missing", "{field} manque"),
  pair("{field} is not a text", "{field} n'est pas un texte"),
  pair("{field} is not a URL", "{field} n'est pas une adresse"),
  pair("{field} is not a list of texts", "{field} n'est pas une liste de textes"),
  pair("{field} is not a web address", "{field} n'est pas une adresse du web"),
  pair("{field} holds a user name or a password", "{field} contient un nom d'utilisateur ou un mot de passe"),
  pair("{field} holds a query or a fragment", "{field} contient une requête ou un fragment"),
  pair(
    "{field} is neither Google's (https, {hosts}) nor this machine's",
    "{field} n'est ni de Google (https, {hosts}) ni de cette machine",
  ),
  pair(
    'Keep one of the two: "installed" for a Desktop app client, "web" for a Web application client.',
    'Gardez l\'un des deux : "installed" pour un client de bureau, "web" pour un client d\'application Web.',
  ),
  pair("There is no client file at {file}.", "Il n'y a pas de fichier client à l'endroit {file}."),
  pair(
    "Put the client file itself there, or name it in GOOGLE_CREDENTIALS_PATH.",
    "Mettez-y le fichier client lui-même, ou nommez-le dans GOOGLE_CREDENTIALS_PATH.",
  ),
  pair(
    "Let the user that runs gmail-export read it: chmod 600 {file}, and chown.",
    "Permettez à l'utilisateur qui lance gmail-export de le lire : chmod 600 {file}, et chown.",
  ),
  pair(
    "In the Google Cloud console open Google Auth Platform → Clients, create a client of the type Desktop app, choose Download JSON and save it as {file} (or name another place in GOOGLE_CREDENTIALS_PATH).",
    "Dans la console Google Cloud, ouvrez Google Auth Platform → Clients, créez un client de type « Application de bureau » (Desktop app), choisissez « Télécharger JSON » (Download JSON) et enregistrez-le sous {file} (ou nommez un autre endroit dans GOOGLE_CREDENTIALS_PATH).",
  ),
  pair("There is a client file at {file} already.", "Il y a déjà un fichier client à l'endroit {file}."),
  pair(
    "Sign in with it. For another client, move {file} away on the server's machine first, then send the new one again.",
    "Connectez-vous avec lui. Pour un autre client, déplacez d'abord {file} sur la machine du serveur, puis renvoyez le nouveau.",
  ),
  pair(
    "The client file {file} cannot be written ({code}).",
    "Le fichier client {file} ne peut pas être écrit ({code}).",
  ),
  pair(
    "Let the user that runs gmail-export write there, put the file there yourself, or name another place in GOOGLE_CREDENTIALS_PATH.",
    "Permettez à l'utilisateur qui lance gmail-export d'y écrire, mettez-y le fichier vous-même, ou nommez un autre endroit dans GOOGLE_CREDENTIALS_PATH.",
  ),
  pair("Google does not accept this OAuth client ({error}).", "Google n'accepte pas ce client OAuth ({error})."),
  pair(
    "The client's secret was reset, or the file is another's: in the Google Cloud console open Google Auth Platform → Clients, add a secret to the client (or create another client), download the JSON at once, as Google shows a secret only once, and replace the client file by it.",
    "Le secret du client a été changé, ou le fichier est celui d'un autre : dans la console Google Cloud, ouvrez Google Auth Platform → Clients, ajoutez un secret au client (ou créez-en un autre), téléchargez aussitôt le JSON, car Google ne montre un secret qu'une fois, et remplacez-en le fichier client.",
  ),
  pair(
    "The client was deleted (Google deletes those unused for six months): restore it in the Google Cloud console within 30 days, or create another and replace the client file.",
    "Le client a été supprimé (Google supprime ceux qui n'ont pas servi pendant six mois) : restaurez-le dans la console Google Cloud sous 30 jours, ou créez-en un autre et remplacez le fichier client.",
  ),
  pair(
    "The client file has no client_secret, and Google wants one. It shows a secret once: in the Google Cloud console open Google Auth Platform → Clients, add a secret to the client and download the JSON with it at once.",
    "Le fichier client n'a pas de client_secret, et Google en veut un. Il ne montre un secret qu'une fois : dans la console Google Cloud, ouvrez Google Auth Platform → Clients, ajoutez un secret au client et téléchargez aussitôt le JSON qui le contient.",
  ),
  pair(
    "The sign-in was given to another OAuth client: put that client's file back, or sign in again with this one.",
    "La connexion a été donnée à un autre client OAuth : remettez le fichier de ce client, ou reconnectez-vous avec celui-ci.",
  ),

  pair(
    "The client, or its whole project, was switched off: in the Google Cloud console open Google Auth Platform → Clients and enable it again (a notice there says why), or create another client and replace the client file.",
    "Le client, ou tout son projet, a été désactivé : dans la console Google Cloud, ouvrez Google Auth Platform → Clients et réactivez-le (un avis y dit pourquoi), ou créez un autre client et remplacez le fichier client.",
  ),

  // signing in
  pair("{account} is not signed in.", "{account} n'est pas connecté."),
  pair("{account} is not signed in; nobody is.", "{account} n'est pas connecté ; personne ne l'est."),
  pair(
    "{account} is not signed in. Signed in: {accounts}.",
    "{account} n'est pas connecté. Sont connectés : {accounts}.",
  ),
  pair("Name one of these, or leave it as it is.", "Nommez l'un de ceux-ci, ou laissez les choses comme elles sont."),
  pair("There is nothing to sign out.", "Il n'y a rien à déconnecter."),
  pair("Nobody has signed in as {account} yet.", "Personne ne s'est encore connecté comme {account}."),
  pair(
    "Open {address} in a browser and sign in, then send the same request again.",
    "Ouvrez {address} dans un navigateur, connectez-vous, puis renvoyez la même demande.",
  ),
  pair(
    "Sign in: `gmail-export login`, or /auth/gmail on the server. An export that waits goes on by itself then.",
    "Connectez-vous : `gmail-export login`, ou /auth/gmail sur le serveur. Un export qui attend reprend ensuite de lui-même.",
  ),
  pair(
    "Sign in again: `gmail-export login`, or /auth/gmail on the server. An export that waits goes on by itself then.",
    "Reconnectez-vous : `gmail-export login`, ou /auth/gmail sur le serveur. Un export qui attend reprend ensuite de lui-même.",
  ),
  pair("Begin the sign-in again.", "Recommencez la connexion."),
  pair(
    "Begin the sign-in again, and end it in the same browser.",
    "Recommencez la connexion, et terminez-la dans le même navigateur.",
  ),
  pair("The answer from Google carries no code.", "La réponse de Google ne porte pas de code."),
  pair("The answer from Google carries no state.", "La réponse de Google ne porte pas de « state »."),
  pair(
    "This sign-in was not begun here, or was begun before a restart.",
    "Cette connexion n'a pas été commencée ici, ou l'a été avant un redémarrage.",
  ),
  pair("This sign-in was begun in another browser.", "Cette connexion a été commencée dans un autre navigateur."),
  pair("This sign-in has been used already.", "Cette connexion a déjà servi."),
  pair("This sign-in took longer than ten minutes.", "Cette connexion a pris plus de dix minutes."),
  pair("Access was refused on Google's consent page.", "L'accès a été refusé sur la page de Google."),
  pair(
    "Begin the sign-in again and allow access. If Google said that the app is being tested: in the Google Cloud console open Google Auth Platform → Audience, and publish the app or add the address as a test user.",
    "Recommencez la connexion et autorisez l'accès. Si Google a dit que l'application est en cours de test : dans la console Google Cloud, ouvrez Google Auth Platform → Audience, et publiez l'application ou ajoutez l'adresse comme utilisateur test.",
  ),
  pair("Google ended the sign-in ({error}).", "Google a mis fin à la connexion ({error})."),
  pair("without a known reason", "sans raison connue"),
  pair("The answer to this sign-in does not come from Google.", "La réponse à cette connexion ne vient pas de Google."),
  pair(
    "The sign-in's code had expired or was used already.",
    "Le code de la connexion avait expiré ou avait déjà servi.",
  ),
  pair(
    "The Google Cloud project does not know the address that Google should return to.",
    "Le projet Google Cloud ne connaît pas l'adresse à laquelle Google devrait revenir.",
  ),
  pair(
    "In the Google Cloud console open Google Auth Platform → Clients → the client → Authorized redirect URIs, add {address}, then begin the sign-in again.",
    "Dans la console Google Cloud, ouvrez Google Auth Platform → Clients → le client → « URI de redirection autorisés » (Authorized redirect URIs), ajoutez {address}, puis recommencez la connexion.",
  ),
  pair(
    "Google gave no tokens for the sign-in's code ({error}).",
    "Google n'a pas donné de jetons pour le code de la connexion ({error}).",
  ),
  pair(
    "Not all of the access that is needed was granted: {scopes} is missing.",
    "Tous les accès nécessaires n'ont pas été accordés : il manque {scopes}.",
  ),
  pair(
    "Begin the sign-in again and tick the box for {boxes} on Google's page.",
    "Recommencez la connexion et cochez sur la page de Google la case {boxes}.",
  ),
  pair(
    "Google gave access for an hour only: no refresh token came with it.",
    "Google n'a donné l'accès que pour une heure : aucun jeton de renouvellement n'est venu avec.",
  ),
  pair(
    "Remove the app's access at https://myaccount.google.com/permissions, then begin the sign-in again.",
    "Retirez l'accès de l'application sur https://myaccount.google.com/permissions, puis recommencez la connexion.",
  ),
  pair(
    "Another account signed in than the one asked for.",
    "Un autre compte que celui qui était demandé s'est connecté.",
  ),
  pair(
    "The organisation that manages this account does not allow this app to read its mail (admin_policy_enforced).",
    "L'organisation qui gère ce compte ne permet pas à cette application de lire son courrier (admin_policy_enforced).",
  ),
  pair(
    "Ask its administrator to trust the app's client ID: Google Admin console → Security → Access and data control → API controls → Manage app access. Then sign in again.",
    "Demandez à son administrateur d'approuver l'identifiant client de l'application : console d'administration Google → Sécurité → Contrôle des accès et des données → Commandes des API → Gérer l'accès des applications (Manage app access). Puis reconnectez-vous.",
  ),
  pair(
    "{signedIn} signed in, {asked} was asked for. If {same} is another or a former address of that mailbox, use {name}, its real name, from now on; if it is another mailbox, begin the sign-in again and choose {choice} on Google's page.",
    "{signedIn} s'est connecté, {asked} était demandé. Si {same} est une autre adresse de cette boîte, ou une ancienne, employez désormais {name}, son vrai nom ; si c'est une autre boîte, recommencez la connexion et choisissez {choice} sur la page de Google.",
  ),
  pair("Google refused to renew access ({error}).", "Google a refusé de renouveler l'accès ({error})."),
  pair(
    "Sign in again; where an organisation manages the account, its administrator may have to allow this app.",
    "Reconnectez-vous ; si une organisation gère le compte, son administrateur doit peut-être autoriser cette application.",
  ),
  pair(
    "Access was given for an hour only, and has ended.",
    "L'accès n'avait été donné que pour une heure, et il est terminé.",
  ),
  pair(
    "The organisation that manages this account asks for a new sign-in from time to time, and now is one.",
    "L'organisation qui gère ce compte demande une nouvelle connexion de temps en temps, et c'est le moment.",
  ),
  pair(
    "Google no longer honours this sign-in. Access was withdrawn, the password was changed, it was unused for six months, or the Google Cloud project is in Testing, where every sign-in ends after seven days (publish the app to end that).",
    "Google n'honore plus cette connexion. L'accès a été retiré, le mot de passe changé, elle n'a pas servi pendant six mois, ou le projet Google Cloud est en mode test, où toute connexion finit après sept jours (publiez l'application pour que cela cesse).",
  ),
  pair(
    "If your Google Cloud project is in Testing, this sign-in ends at {end}. Publish the app, or sign in again before.",
    "Si votre projet Google Cloud est en mode test, cette connexion finit le {end}. Publiez l'application, ou reconnectez-vous avant.",
  ),
  pair("Google's token endpoint answered {status}.", "Le service de jetons de Google a répondu {status}."),
  pair(
    "Google's token endpoint answered {status} without saying why.",
    "Le service de jetons de Google a répondu {status} sans dire pourquoi.",
  ),
  pair(
    "Google's token endpoint answered something that is no token.",
    "Le service de jetons de Google a répondu autre chose qu'un jeton.",
  ),
  pair("Google's token endpoint did not answer in time.", "Le service de jetons de Google n'a pas répondu à temps."),
  pair(
    "Google's token endpoint cannot be reached ({code}).",
    "Le service de jetons de Google est injoignable ({code}).",
  ),
  pair(
    "Try again in a moment; if it lasts, check this machine's way to the internet.",
    "Réessayez dans un moment ; si cela dure, vérifiez l'accès de cette machine à internet.",
  ),
  pair("No address was pasted.", "Aucune adresse n'a été collée."),
  pair("Run the command again and paste the whole address.", "Relancez la commande et collez l'adresse entière."),
  pair(
    "Port {port} cannot be listened on ({code}), and this web client may only come back there.",
    "Impossible d'écouter sur le port {port} ({code}), et ce client Web ne peut revenir que là.",
  ),
  pair(
    "Stop what listens there (perhaps `gmail-export serve`: then sign in at /auth/gmail), or use a desktop client.",
    "Arrêtez ce qui y écoute (peut-être `gmail-export serve` : connectez-vous alors par /auth/gmail), ou prenez un client de bureau.",
  ),
  pair("The parameter email is missing.", "Le paramètre email manque."),
  pair("Add ?email=you@example.com to the address.", "Ajoutez ?email=vous@example.com à l'adresse."),
  pair(
    "The grant stored for this account opens another mailbox.",
    "La connexion enregistrée pour ce compte ouvre une autre boîte.",
  ),
  pair(
    "Sign out of this account and sign in again, choosing the right account on Google's page.",
    "Déconnectez ce compte et reconnectez-le, en choisissant le bon sur la page de Google.",
  ),

  // the key and stored sign-ins
  pair("A stored sign-in cannot be read ({code}).", "Une connexion enregistrée ne peut pas être lue ({code})."),
  pair(
    "Let the user that runs gmail-export read {path}.",
    "Permettez à l'utilisateur qui lance gmail-export de lire {path}.",
  ),
  pair(
    "A stored sign-in is damaged, or was sealed with another key.",
    "Une connexion enregistrée est abîmée, ou fut scellée avec une autre clé.",
  ),
  pair(
    "Put back the key it was sealed with (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR), or the file {path} as it was; or sign in again, which replaces it.",
    "Remettez la clé avec laquelle elle fut scellée (TOKEN_ENCRYPTION_KEY, ou le fichier key de STATE_DIR), ou le fichier {path} tel qu'il était ; ou reconnectez-vous, ce qui la remplace.",
  ),
  pair(
    "The folder of sign-ins {path} cannot be used ({code}).",
    "Le dossier des connexions {path} est inutilisable ({code}).",
  ),
  pair(
    "Let the user that runs gmail-export own that folder and see that its disk has room, then try again.",
    "Faites que ce dossier appartienne à l'utilisateur qui lance gmail-export et que son disque ait de la place, puis réessayez.",
  ),
  pair(
    "Another process has been busy with this sign-in for too long.",
    "Un autre processus est occupé de cette connexion depuis trop longtemps.",
  ),
  pair(
    "Try again in a moment; if it lasts, end the other gmail-export process.",
    "Réessayez dans un moment ; si cela dure, arrêtez l'autre processus gmail-export.",
  ),
  pair(
    "Put the key back as it was. If it is lost, remove {path}: a new one is made, and everybody signs in again.",
    "Remettez la clé telle qu'elle était. Si elle est perdue, retirez {path} : une nouvelle est faite, et tout le monde se reconnecte.",
  ),
  pair(
    "The key file {path} can neither be read nor made ({code}).",
    "Le fichier de la clé {path} ne peut être ni lu ni créé ({code}).",
  ),
  pair(
    "Let the user that runs gmail-export read and write there, or set TOKEN_ENCRYPTION_KEY.",
    "Permettez à l'utilisateur qui lance gmail-export d'y lire et écrire, ou réglez TOKEN_ENCRYPTION_KEY.",
  ),
  pair(
    "The keyring of this desktop cannot be used: there is none, or it is locked.",
    "Le trousseau de ce bureau est inutilisable : il n'y en a pas, ou il est verrouillé.",
  ),
  pair(
    "Unlock it, or leave TOKEN_ENCRYPTION_KEY out: then the key is a private file in STATE_DIR.",
    "Déverrouillez-le, ou laissez TOKEN_ENCRYPTION_KEY de côté : la clé est alors un fichier privé de STATE_DIR.",
  ),
  pair("{name} is not {count} bytes in base64.", "{name} ne fait pas {count} octets en base64."),

  // who may call
  pair("This server asks for its API key.", "Ce serveur demande sa clé d'API."),
  pair(
    "Send the header Authorization: Bearer <API_KEY>, or enter the key in the console.",
    "Envoyez l'en-tête Authorization: Bearer <API_KEY>, ou saisissez la clé dans la console.",
  ),
  pair(
    "This server does not go by the name that the request calls it.",
    "Ce serveur ne porte pas le nom que la requête lui donne.",
  ),
  pair(
    "Open it as localhost, or by the name of OAUTH_REDIRECT_URI; another name must be listed in ALLOWED_HOSTS.",
    "Ouvrez-le comme localhost, ou sous le nom de OAUTH_REDIRECT_URI ; un autre nom doit figurer dans ALLOWED_HOSTS.",
  ),
  pair(
    "A page of another origin made the browser send this request.",
    "Une page d'une autre origine a fait envoyer cette requête au navigateur.",
  ),
  pair("This is not the API key of this server.", "Ce n'est pas la clé d'API de ce serveur."),
  pair(
    "Copy API_KEY as it stands in the server's settings.",
    "Copiez API_KEY telle qu'elle est dans les réglages du serveur.",
  ),
  pair(
    "More than {count} attempts came from this address within a minute.",
    "Plus de {count} essais sont venus de cette adresse en une minute.",
  ),
  pair("Wait {count} seconds, then try again.", "Attendez {count} secondes, puis réessayez."),
  pair("This server asks for no API key.", "Ce serveur ne demande pas de clé d'API."),
  pair("Use it as it is; all calls are let in.", "Servez-vous-en tel quel ; tous les appels sont admis."),
  pair(
    "The console was not built with this copy of gmail-export.",
    "La console n'a pas été construite avec cette copie de gmail-export.",
  ),
  pair(
    "Run `npm run console` and start the server again; the API and the command line work without it.",
    "Lancez `npm run console` et redémarrez le serveur ; l'API et la ligne de commande marchent sans elle.",
  ),

  // Gmail
  pair(
    "Google has locked this account's calls out for a while.",
    "Google a fermé l'accès aux appels de ce compte pour un moment.",
  ),
  pair(
    "Nothing to do: the export goes on by itself. Other programs that read this mailbox make it longer.",
    "Rien à faire : l'export reprend de lui-même. D'autres programmes qui lisent cette boîte allongent l'attente.",
  ),
  pair("The quota of this minute is spent.", "Le quota de cette minute est épuisé."),
  pair("Nothing to do: the export goes on by itself.", "Rien à faire : l'export reprend de lui-même."),
  pair("Gmail no longer knows this place in the listing.", "Gmail ne connaît plus cet endroit de la liste."),
  pair(
    "Start the export again: it lists anew and keeps everything it has.",
    "Relancez l'export : il refait la liste et garde tout ce qu'il a.",
  ),
  pair("This Google account has no Gmail mailbox.", "Ce compte Google n'a pas de boîte Gmail."),
  pair(
    "Sign in with an account that has Gmail, or ask the Workspace administrator to switch Gmail on.",
    "Connectez un compte qui a Gmail, ou demandez à l'administrateur du Workspace d'activer Gmail.",
  ),
  pair(
    "The Gmail API is not switched on in the Google Cloud project of these credentials.",
    "L'API Gmail n'est pas activée dans le projet Google Cloud de ce fichier client.",
  ),
  pair(
    "Switch it on at {address}, wait a few minutes, and start again.",
    "Activez-la sur {address}, attendez quelques minutes et recommencez.",
  ),
  pair("The sign-in did not allow reading mail.", "La connexion ne permet pas de lire le courrier."),
  pair(
    "Sign in again, and tick the box for reading mail on Google's page, if there is one.",
    "Reconnectez-vous et cochez, s'il y en a une, la case qui permet de lire le courrier.",
  ),
  pair(
    "The sign-in carries the scope gmail.metadata, with which Gmail shows no bodies to anyone.",
    "La connexion porte le champ gmail.metadata, avec lequel Gmail ne montre aucun texte à personne.",
  ),
  pair(
    "Sign out, so that Google forgets the old scopes, and sign in again.",
    "Déconnectez-vous, pour que Google oublie les anciens champs, et reconnectez-vous.",
  ),
  pair(
    "The Workspace administrator does not allow this app.",
    "L'administrateur du Workspace n'autorise pas cette application.",
  ),
  pair(
    "Ask the Workspace administrator to allow this app's client id under Security, API controls.",
    "Demandez à l'administrateur du Workspace d'autoriser l'identifiant client de cette application, sous Sécurité, Commandes des API.",
  ),
  pair("Google no longer accepts the sign-in of this account.", "Google n'accepte plus la connexion de ce compte."),
  pair("Sign in again; the export goes on from there.", "Reconnectez-vous ; l'export continue de là."),
  pair("Gmail does not have it any more.", "Gmail ne l'a plus."),
  pair("Nothing to do: it was deleted meanwhile.", "Rien à faire : il a été supprimé entre-temps."),
  pair("The day's quota of the Google Cloud project is spent.", "Le quota du jour du projet Google Cloud est épuisé."),
  pair(
    "Resume the export tomorrow, or raise the limit that the project's owner has set in the Google Cloud console.",
    "Reprenez l'export demain, ou relevez la limite que le propriétaire du projet a fixée dans la console Google Cloud.",
  ),
  pair(
    "Google gives out no more bytes of this mailbox for now.",
    "Google ne donne pas plus d'octets de cette boîte pour l'instant.",
  ),
  pair(
    "Nothing to do: the export tries again by itself. Google lets about 2,500 MB of a mailbox be read a day; other programs that read it take their part of that.",
    "Rien à faire : l'export essaie à nouveau de lui-même. Google laisse lire environ 2 500 Mo d'une boîte par jour ; les autres programmes qui la lisent en prennent leur part.",
  ),
  pair("Google asks for fewer calls at once.", "Google demande moins d'appels à la fois."),
  pair(
    "Nothing to do: the export goes on by itself, with fewer.",
    "Rien à faire : l'export continue de lui-même, avec moins d'appels.",
  ),
  pair("Google gave up waiting (HTTP 408).", "Google s'est lassé d'attendre (HTTP 408)."),
  pair("Check the network; the export goes on by itself.", "Vérifiez le réseau ; l'export reprend de lui-même."),
  pair("Google had an error of its own (HTTP {status}).", "Google a eu une erreur de son côté (HTTP {status})."),
  pair(
    "Try again later; https://www.google.com/appsstatus says when Gmail is down.",
    "Réessayez plus tard ; https://www.google.com/appsstatus dit quand Gmail est en panne.",
  ),
  pair("Gmail refused the request (HTTP {status}).", "Gmail a refusé la demande (HTTP {status})."),
  pair(
    "Report this: gmail-export asked for something that Gmail does not understand.",
    "Signalez-le : gmail-export a demandé quelque chose que Gmail ne comprend pas.",
  ),
  pair("The answer (HTTP {status}) is not one of Gmail's.", "La réponse (HTTP {status}) n'est pas de Gmail."),
  pair(
    "Look for a proxy or a sign-in page of the network between here and Google, and check GMAIL_API_URL.",
    "Cherchez un proxy ou une page de connexion du réseau entre ici et Google, et vérifiez GMAIL_API_URL.",
  ),
  pair("Gmail refused a token that Google had just given out.", "Gmail a refusé un jeton que Google venait de donner."),
  pair(
    "Try again in a moment; if it lasts, sign in again.",
    "Réessayez dans un moment ; si cela dure, reconnectez-vous.",
  ),
  pair("Gmail's answer was compressed and could not be read.", "La réponse de Gmail, compressée, n'a pas pu être lue."),
  pair(
    "Try again; if it goes on, look for a proxy that changes Google's answers.",
    "Réessayez ; si cela dure, cherchez un proxy qui change les réponses de Google.",
  ),
  pair("The connection to Google failed ({code}).", "La connexion à Google a échoué ({code})."),
  pair(
    "Check the network; the export goes on by itself when Google can be reached.",
    "Vérifiez le réseau ; l'export reprend de lui-même quand Google est joignable.",
  ),
  pair("Google did not answer in time.", "Google n'a pas répondu à temps."),
  pair(
    "Check the network; the export goes on by itself when Google answers.",
    "Vérifiez le réseau ; l'export reprend de lui-même quand Google répond.",
  ),
  pair("Gmail's answer is larger than {size} MB.", "La réponse de Gmail dépasse {size} Mo."),
  pair(
    "Open this message in Gmail: it is larger than any message Gmail accepts.",
    "Ouvrez ce message dans Gmail : il est plus grand que tout message que Gmail accepte.",
  ),
  pair(
    "Gmail's listing leads back to a page it has already given.",
    "La liste de Gmail ramène à une page déjà donnée.",
  ),
  pair("Gmail does not give out the text of this message.", "Gmail ne donne pas le texte de ce message."),
  pair("Gmail does not give out all of this message.", "Gmail ne donne pas ce message en entier."),
  pair(
    "The bytes that Gmail gives of this message are not what it shows of it.",
    "Les octets que Gmail donne de ce message ne sont pas ceux de ce qu'il montre.",
  ),
  pair(
    "This message has more parts, or longer headers, than mail has.",
    "Ce message a plus de parties, ou de plus longs en-têtes, qu'un message n'en a.",
  ),
  pair(
    "Open the message in Gmail; if it shows there, try the failed messages again.",
    "Ouvrez le message dans Gmail ; s'il s'y affiche, relisez ce qui a échoué.",
  ),
  pair("Gmail answered with {what}.", "Gmail a répondu par {what}."),
  pair("Gmail answered with another message.", "Gmail a répondu par un autre message."),
  pair("a conversation without messages", "une conversation sans messages"),
  pair("a profile without an address", "un profil sans adresse"),
  pair("an attachment without data", "une pièce jointe sans données"),
  pair("a message without an id", "un message sans identifiant"),
  pair("an id of endless length", "un identifiant sans fin"),
  pair("a page token that is no string", "un jeton de page qui n'est pas un texte"),
  pair('"{name}" that is no list', "« {name} » qui n'est pas une liste"),
  pair(
    "Gmail answered that the mailbox has no labels, not even its own.",
    "Gmail a répondu que la boîte n'a aucun libellé, pas même les siens.",
  ),
  pair(
    "Check again later: nothing was found to differ, and nothing was proven.",
    "Vérifiez de nouveau plus tard : rien n'a différé, et rien n'est prouvé.",
  ),
  pair("labels that are no texts", "des libellés qui ne sont pas des textes"),
  pair(
    "The mailbox changed whenever it was listed, and Gmail did not tell how.",
    "La boîte changeait chaque fois qu'elle était listée, et Gmail n'a pas dit comment.",
  ),
  pair("Start the export again: it keeps everything it has.", "Relancez l'export : il garde tout ce qu'il a."),
  pair("something that is not {what}", "quelque chose qui n'est pas {what}"),

  pair(
    "The server cannot listen on {address} ({code}): another program does.",
    "Le serveur ne peut pas écouter sur {address} ({code}) : un autre programme y est.",
  ),
  pair(
    "The body has more than {count} levels of lists and objects inside each other.",
    "Le corps a plus de {count} niveaux de listes et d'objets l'un dans l'autre.",
  ),
  pair("Send what /docs shows for this call.", "Envoyez ce que /docs montre pour cet appel."),
  pair(
    "Gmail refuses every call for this account, and does not say why.",
    "Gmail refuse tout appel pour ce compte, sans dire pourquoi.",
  ),
  pair(
    "Most likely it has no Gmail, is suspended, or its administrator has switched Gmail off: see whether https://mail.google.com opens for it.",
    "Sans doute n'a-t-il pas Gmail, est-il suspendu, ou son administrateur a-t-il désactivé Gmail : voyez si https://mail.google.com s'ouvre pour lui.",
  ),
  pair("Google does not allow this to be read.", "Google ne permet pas de lire ceci."),
  pair(
    "See whether https://mail.google.com opens for this account: it may be suspended, or its Workspace administrator may have to allow this app's client id under Security, API controls.",
    "Voyez si https://mail.google.com s'ouvre pour ce compte : il est peut-être suspendu, ou l'administrateur de son Workspace doit peut-être autoriser l'identifiant client de cette application, sous Sécurité, Commandes des API.",
  ),
  pair("This place in the history is not one of Gmail's.", "Cet endroit de l'historique n'est pas de Gmail."),
  pair("Start the export again.", "Relancez l'export."),
  pair(
    "This mailbox has no label {label}: it may have been renamed or deleted in Gmail.",
    "Cette boîte n'a pas de libellé {label} : il a peut-être été renommé ou supprimé dans Gmail.",
  ),
  pair(
    "It has no labels but Gmail's own, such as INBOX, STARRED and SENT.",
    "Elle n'a que les libellés de Gmail, comme INBOX, STARRED et SENT.",
  ),
  pair(
    "Name one of its labels: {labels}; or one of Gmail's own, such as INBOX, STARRED and SENT.",
    "Nommez l'un de ses libellés : {labels} ; ou l'un de ceux de Gmail, comme INBOX, STARRED et SENT.",
  ),

  pair(
    "This export was not checked since the server started.",
    "Cet export n'a pas été vérifié depuis le démarrage du serveur.",
  ),
  pair("Begin a check: POST to the same address.", "Lancez une vérification : POST à la même adresse."),
  pair(
    "{path} is {kind}, not a file that gmail-export made.",
    "{path} est {kind}, pas un fichier fait par gmail-export.",
  ),
  pair("Move it away, then do the same again.", "Déplacez-le, puis recommencez."),
  pair(
    "Remove it while nothing writes to that directory, then do the same again.",
    "Supprimez-le pendant que rien n'écrit dans ce dossier, puis recommencez.",
  ),
  pair("{path} changed while it was being read.", "{path} a changé pendant la lecture."),
  pair("Start the same export again.", "Relancez le même export."),
  pair("Another check of {path} is running.", "Une autre vérification de {path} est en cours."),
  pair("Wait until it has ended, then ask again.", "Attendez qu'elle soit terminée, puis redemandez."),
  pair(
    "{file} in {path} is {kind}, not a file that gmail-export made.",
    "{file} dans {path} est {kind}, pas un fichier fait par gmail-export.",
  ),
  pair(
    "Move it away and start the same export again: its messages are fetched again.",
    "Déplacez-le et relancez le même export : ses messages sont lus de nouveau.",
  ),
  pair(
    "Start the same export again: it goes on with what is durable.",
    "Relancez le même export : il continue avec ce qui est en sûreté.",
  ),

  pair(
    "Export {id} has not ended: it is not possible to take it off the list now.",
    "L'export {id} n'est pas terminé : impossible de le retirer de la liste à présent.",
  ),
  pair("Cancel it first, and wait until it has stopped.", "Annulez-le d'abord, et attendez qu'il soit arrêté."),
  pair(
    "This entry in the list of exports is damaged, or was written by another version of gmail-export.",
    "Cette entrée de la liste des exports est abîmée, ou fut écrite par une autre version de gmail-export.",
  ),
  pair(
    "Take that export off the list (DELETE /exports/{id}) and start it anew: what is on disk is not touched, and goes on.",
    "Retirez cet export de la liste (DELETE /exports/{id}) et relancez-le : ce qui est sur le disque n'est pas touché, et continue.",
  ),

  pair(
    "OAUTH_REDIRECT_URI has the path {path}, at which the server answers something else.",
    "OAUTH_REDIRECT_URI a le chemin {path}, auquel le serveur répond autre chose.",
  ),
  pair(
    "Give it a path of its own, such as /auth/callback, there and in the Google Cloud console.",
    "Donnez-lui un chemin à lui, comme /auth/callback, là et dans la console Google Cloud.",
  ),
  pair("output_dir leads through links in a circle.", "output_dir passe par des liens qui tournent en rond."),
  pair("Take that link away, or choose another directory.", "Retirez ce lien, ou choisissez un autre dossier."),
  pair(
    "{path} belongs to another user, who could write in {folder} until now.",
    "{path} appartient à un autre utilisateur, qui pouvait écrire dans {folder} jusqu'ici.",
  ),
  pair(
    "Look who put it there. Then move it away, or make it yours (chown), and start again.",
    "Voyez qui l'y a mis. Puis déplacez-le, ou prenez-en possession (chown), et recommencez.",
  ),
  pair(
    "Everybody may write in {path} ({mode}), which belongs to another user.",
    "Tout le monde peut écrire dans {path} ({mode}), qui appartient à un autre utilisateur.",
  ),
  pair(
    "Let it belong to the user that runs gmail-export, and type: chmod 700 {path}",
    "Faites qu'il appartienne à l'utilisateur qui lance gmail-export, et tapez : chmod 700 {path}",
  ),
  pair(
    "What was exported could not be looked through in time.",
    "Ce qui fut exporté n'a pas pu être parcouru à temps.",
  ),
  pair(
    "Search for fewer or longer words, or ask again in a moment.",
    "Cherchez moins de mots, ou de plus longs, ou redemandez dans un moment.",
  ),
  pair(
    "The directory's messages of {account} are not in this account's mailbox.",
    "Les messages de {account} que contient ce dossier ne sont pas dans la boîte de ce compte.",
  ),
  pair(
    "Choose another output directory for this account: its mailbox is not the one that was exported there.",
    "Choisissez un autre dossier pour ce compte : sa boîte n'est pas celle qui y fut exportée.",
  ),

  pair("{name} is not the address of a proxy.", "{name} n'est pas l'adresse d'un proxy."),
  pair(
    "Write it as http://host:port, or unset it to reach Google directly.",
    "Écrivez-la http://hôte:port, ou retirez ce réglage pour joindre Google directement.",
  ),

  pair(
    "A stored sign-in is older than the last one of its account: an older file was put back.",
    "Une connexion enregistrée est plus ancienne que la dernière de son compte : un fichier plus ancien a été remis.",
  ),
  pair(
    "Sign in again, which replaces {path}. Whoever restores a backup restores TOKEN_DIR and STATE_DIR together.",
    "Reconnectez-vous, ce qui remplace {path}. Qui restaure une sauvegarde restaure TOKEN_DIR et STATE_DIR ensemble.",
  ),
  pair(
    "Gmail's answer has more parts, or parts within parts, than any message.",
    "La réponse de Gmail a plus de parties, ou de parties dans des parties, qu'aucun message.",
  ),
  pair(
    "Gmail's answer took too long to read, or too much memory.",
    "La réponse de Gmail a demandé trop de temps, ou trop de mémoire, pour être lue.",
  ),
  pair(
    "Open this message in Gmail; if it shows there, please report it.",
    "Ouvrez ce message dans Gmail ; s'il s'y affiche, merci de le signaler.",
  ),
  pair(
    "Gmail's answer is many times larger than such answers are.",
    "La réponse de Gmail est bien plus grande que de telles réponses.",
  ),

  // exports and their directories
  pair("There is no such export.", "Il n'y a pas d'export de ce nom."),
  pair("List the exports to find the right id.", "La liste des exports donne le bon identifiant."),
  pair("Export {id} is writing to {path}.", "L'export {id} écrit dans {path}."),
  pair(
    "Follow that export, cancel it, or choose another output directory.",
    "Suivez cet export, annulez-le, ou choisissez un autre dossier.",
  ),
  pair(
    "The list of exports cannot be kept in {path} ({code}).",
    "La liste des exports ne peut pas être tenue dans {path} ({code}).",
  ),
  pair(
    "See that there is room and that this user may write there, then do the same again. Exports on disk are not touched.",
    "Veillez à ce qu'il y ait de la place et que cet utilisateur puisse y écrire, puis recommencez. Les exports sur le disque ne sont pas touchés.",
  ),
  pair(
    "Export {id} is {state}: it is not possible to {wish} it now.",
    "L'export {id} est dans l'état « {state} » : impossible de lui demander « {wish} » à présent.",
  ),
  pair("Look at the export's state first.", "Regardez d'abord l'état de l'export."),
  pair("{path} was removed while it was being written.", "{path} a été retiré pendant qu'on l'écrivait."),
  pair(
    "Start the same export again: what is no longer there is fetched again.",
    "Relancez le même export : ce qui n'y est plus est lu de nouveau.",
  ),
  pair("A name in output_dir {fault}.", "Un nom dans output_dir {fault}."),
  pair("Choose a name of visible characters.", "Choisissez un nom de caractères visibles."),
  pair("output_dir is longer than {count} bytes.", "output_dir dépasse {count} octets."),
  pair("Choose a shorter one.", "Choisissez-en un plus court."),
  pair("This place in a bucket {fault}.", "Cet emplacement dans un bucket {fault}."),
  pair(
    "Write it as s3://bucket/folder, with names of visible characters.",
    "Écrivez-le sous la forme s3://bucket/dossier, avec des noms de caractères visibles.",
  ),
  pair("There is no such bucket: {path} ({code}).", "Ce bucket n'existe pas : {path} ({code})."),
  pair(
    "Make the bucket, or correct the name in EXPORT_DIR; gmail-export makes none.",
    "Créez le bucket, ou corrigez son nom dans EXPORT_DIR ; gmail-export n'en crée pas.",
  ),
  pair(
    "The bucket of {path} lies in another region than S3_REGION says ({code}).",
    "Le bucket de {path} est dans une autre région que ne le dit S3_REGION ({code}).",
  ),
  pair(
    "Set S3_REGION to the region of the bucket, then do the same again.",
    "Mettez dans S3_REGION la région du bucket, puis recommencez.",
  ),
  pair("The keys for {path} are refused ({code}).", "Les clés pour {path} sont refusées ({code})."),
  pair(
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then do the same again.",
    "Vérifiez AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY et AWS_SESSION_TOKEN, puis recommencez.",
  ),
  pair(
    "A file in {path} was moved to an archive, and cannot be read at once ({code}).",
    "Un fichier de {path} a été déplacé dans une archive et ne peut pas être lu tout de suite ({code}).",
  ),
  pair(
    "Restore it there, and take the rule away that moves files of exports to such a storage class.",
    "Restaurez-le, et retirez la règle qui déplace des fichiers d'exports dans une telle classe de stockage.",
  ),
  pair(
    "Give the key the rights that docs/operations/s3.md lists, then do the same again.",
    "Donnez à la clé les droits que liste docs/operations/s3.md, puis recommencez.",
  ),
  pair("The server of the bucket refused: {path} ({code}).", "Le serveur du bucket a refusé : {path} ({code})."),
  pair(
    "Look what the server says of it, then do the same again: it goes on with what is there.",
    "Regardez ce qu'en dit le serveur, puis recommencez : l'export reprend avec ce qui est là.",
  ),
  pair("The bucket cannot be reached: {path} ({code}).", "Le bucket est injoignable : {path} ({code})."),
  pair(
    "Check S3_ENDPOINT and the network; an export goes on by itself when the server answers.",
    "Vérifiez S3_ENDPOINT et le réseau ; un export reprend de lui-même quand le serveur répond.",
  ),
  pair(
    "{file} in {path} was replaced while it was being read.",
    "{file} dans {path} a été remplacé pendant sa lecture.",
  ),
  pair("Do the same again.", "Recommencez."),
  pair(
    "There are no keys for the bucket: none are set, and {host} gives none ({why}).",
    "Il n'y a pas de clés pour le bucket : aucune n'est réglée, et {host} n'en donne pas ({why}).",
  ),
  pair(
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role that may use the bucket.",
    "Réglez AWS_ACCESS_KEY_ID et AWS_SECRET_ACCESS_KEY, ou donnez à cette machine un rôle qui peut utiliser le bucket.",
  ),
  pair("{path} lies outside EXPORT_DIR, which is {root}.", "{path} est hors de EXPORT_DIR, qui est {root}."),
  pair(
    "Choose a directory inside EXPORT_DIR, or start gmail-export with another EXPORT_DIR.",
    "Choisissez un dossier dans EXPORT_DIR, ou démarrez gmail-export avec un autre EXPORT_DIR.",
  ),
  pair("{file} in {path} changed while it was being exported.", "{file} dans {path} a changé pendant l'export."),
  pair(
    "Move all files of that batch away, those with its number, and start the same export again: its messages are fetched again.",
    "Déplacez tous les fichiers de ce lot, ceux de son numéro, et relancez le même export : ses messages sont lus de nouveau.",
  ),
  pair(
    "The batches in {path} hold {records} records, but {messages} different messages.",
    "Les fichiers de {path} contiennent {records} enregistrements, mais {messages} messages différents.",
  ),
  pair(
    "Run `gmail-export verify` on the directory: it names the batches that repeat a message.",
    "Lancez `gmail-export verify` sur le dossier : il nomme les fichiers qui répètent un message.",
  ),
  pair("This cannot be locked: {path} ({why}).", "Impossible à verrouiller : {path} ({why})."),
  pair(
    "See that this user may write there; if something else has that name, move it away. Then do the same again.",
    "Veillez à ce que cet utilisateur puisse y écrire ; si autre chose porte ce nom, déplacez-le. Puis recommencez.",
  ),
  pair(
    "This is not a manifest this version can read: {path}.",
    "Ce n'est pas un manifeste que cette version peut lire : {path}.",
  ),
  pair(
    "Restore the file from a copy, or choose an empty output directory.",
    "Restaurez le fichier d'une copie, ou choisissez un dossier vide.",
  ),
  pair(
    "{path} is {kind}, not a folder that gmail-export made.",
    "{path} est {kind}, pas un dossier fait par gmail-export.",
  ),
  pair(
    "Records in {path} point at what is not there: {file}.",
    "Des messages de {path} renvoient à ce qui n'y est pas : {file}.",
  ),
  pair(
    "What was written of {file} in {path} is not what can be read of it.",
    "Ce qui a été écrit de {file} dans {path} n'est pas ce qu'on en relit.",
  ),
  pair(
    "Check the disk, then start the same export again: nothing that was there was touched.",
    "Vérifiez le disque, puis relancez le même export : rien de ce qui s'y trouvait n'a été touché.",
  ),
  pair("{path} holds the export of another account.", "{path} contient l'export d'un autre compte."),
  pair("Choose another output directory for this account.", "Choisissez un autre dossier pour ce compte."),
  pair(
    "{path} holds an export with another filter (query, labels, or spam and trash).",
    "{path} contient un export d'un autre filtre (recherche, libellés, ou spam et corbeille).",
  ),
  pair(
    "Choose another output directory for this filter, or ask for the same filter as before.",
    "Choisissez un autre dossier pour ce filtre, ou demandez le même filtre qu'avant.",
  ),
  pair(
    "Choose another output directory for this filter ({free} is free), or ask for the same filter as before.",
    "Choisissez un autre dossier pour ce filtre ({free} est libre), ou demandez le même filtre qu'avant.",
  ),
  pair(
    "Choose another output directory for this account ({free} is free).",
    "Choisissez un autre dossier pour ce compte ({free} est libre).",
  ),
  pair(
    "If it is this account's own under a former address, name that: --was <address> (`was` over HTTP).",
    "S'il est à ce compte sous une ancienne adresse, nommez-la : --was <adresse> (`was` par HTTP).",
  ),
  pair("Another export is writing to {path}.", "Un autre export écrit dans {path}."),
  pair(
    "Wait until it has ended, or choose another output directory.",
    "Attendez qu'il soit terminé, ou choisissez un autre dossier.",
  ),
  pair("{path} holds {file}, which no manifest describes.", "{path} contient {file}, qu'aucun manifeste ne décrit."),
  pair(
    "Choose an empty output directory; nothing here was touched.",
    "Choisissez un dossier vide ; rien n'a été touché ici.",
  ),
  pair("{file} in {path} is not what was written.", "{file} dans {path} n'est pas ce qui fut écrit."),
  pair("There is no directory {path}.", "Il n'y a pas de dossier {path}."),
  pair(
    "Check the path: it is printed when an export ends.",
    "Vérifiez le chemin : il est affiché à la fin d'un export.",
  ),
  pair("{path} is not what the manifest says.", "{path} n'est pas ce que dit le manifeste."),
  pair(
    "{path} is missing, or not what its record says.",
    "{path} manque, ou n'est pas ce que dit l'enregistrement du message.",
  ),
  pair(
    "A record in batch {number} of {directory} is not what gmail-export writes.",
    "Un enregistrement du lot {number} de {directory} n'est pas ce que gmail-export écrit.",
  ),
  pair(
    "`gmail-export verify` names what is wrong in the directory.",
    "`gmail-export verify` dit ce qui ne va pas dans le dossier.",
  ),
  pair(
    "Ask again, in case it was just replaced; if that does not help, `gmail-export verify` names what is wrong in the directory.",
    "Redemandez, au cas où il vient d'être remplacé ; si cela n'aide pas, `gmail-export verify` dit ce qui ne va pas dans le dossier.",
  ),
  pair("Another process is making {path}.", "Un autre processus est en train de faire {path}."),
  pair("Wait until it has ended, or name another folder.", "Attendez qu'il ait fini, ou nommez un autre dossier."),
  pair("{path} is {thing}.", "{path} est {thing}."),
  pair("{path} is not empty; nothing in it was touched.", "{path} n'est pas vide ; rien n'y a été touché."),
  pair(
    "{path} is where a disk is mounted, and cannot be replaced as a whole.",
    "{path} est le point de montage d'un disque, et ne peut pas être remplacé en entier.",
  ),
  pair(
    "{path} lies in the export, in which nothing is to change.",
    "{path} se trouve dans l'export, où rien ne doit changer.",
  ),
  pair("Name a folder within it, which is made.", "Nommez un dossier dedans : il sera créé."),
  pair(
    "{path} is in the way; it was not made by gmail-export.",
    "{path} est dans le chemin ; gmail-export ne l'a pas fait.",
  ),
  pair(
    "Name a folder that is not there yet, or is empty: {option}.",
    "Nommez un dossier qui n'existe pas encore, ou qui est vide : {option}.",
  ),
  pair("{path} is not there.", "{path} n'est pas là."),
  pair(
    "Run `gmail-export verify` on the export: it names all that is missing.",
    "Lancez `gmail-export verify` sur l'export : il nomme tout ce qui manque.",
  ),
  pair(
    "Run `gmail-export verify` on the export: it names all that is wrong.",
    "Lancez `gmail-export verify` sur l'export : il nomme tout ce qui ne va pas.",
  ),
  pair(
    "The export in {path} has no originals, of which {format} is made.",
    "L'export dans {path} n'a pas les originaux dont {format} est fait.",
  ),
  pair(
    "The export in {path} has no contents of attachments.",
    "L'export dans {path} n'a pas le contenu des pièces jointes.",
  ),
  pair(
    "Bring them with: {command} and the options it was made with. That costs about {units} quota units, and {minutes} min.",
    "Pour les amener : {command} et les options avec lesquelles il fut fait. Cela coûte environ {units} unités de quota, et {minutes} min.",
  ),
  pair(
    "Bring them with: {command}. That costs about {units} quota units, and {minutes} min.",
    "Pour les amener : {command}. Cela coûte environ {units} unités de quota, et {minutes} min.",
  ),
  pair("{option} says nothing of {format}.", "{option} ne dit rien de {format}."),
  pair(
    "Leave it out, or convert into what it is for: gmail-export convert --help.",
    "Retirez-la, ou convertissez vers ce à quoi elle sert : gmail-export convert --help.",
  ),
  pair("No message of the export has the label {label}.", "Aucun message de l'export n'a le libellé {label}."),
  pair(
    "What was there on {day} is not known: the first run ended on {first}.",
    "Ce qu'il y avait le {day} n'est pas connu : le premier passage a fini le {first}.",
  ),
  pair("Name that day, or a later one.", "Nommez ce jour-là, ou un jour d'après."),
  pair(
    "Restore the file from a copy; the messages themselves are not concerned.",
    "Restaurez le fichier d'après une copie ; les messages eux-mêmes ne sont pas touchés.",
  ),
  pair("None of them has a label.", "Aucun n'a de libellé."),
  pair("There are: {names}.", "Il y a : {names}."),
  pair("There is no manifest.json in {path}.", "Il n'y a pas de manifest.json dans {path}."),
  pair(
    "Name the directory of an export; if one was stopped very early there, start it again first.",
    "Nommez le dossier d'un export ; si l'un y fut arrêté très tôt, relancez-le d'abord.",
  ),
  pair("{path} cannot be read ({code}).", "{path} ne peut pas être lu ({code})."),
  pair("There is no room left to write: {path} ({code}).", "Il n'y a plus de place pour écrire : {path} ({code})."),
  pair("This may not be written: {path} ({code}).", "Écriture interdite ici : {path} ({code})."),
  pair("This may not be read: {path} ({code}).", "Lecture interdite ici : {path} ({code})."),
  pair(
    "Too many files are open to open another: {path} ({code}).",
    "Trop de fichiers sont ouverts pour en ouvrir un autre : {path} ({code}).",
  ),
  pair(
    "Give this user the right to read it, then do the same again.",
    "Donnez à cet utilisateur le droit de le lire, puis recommencez.",
  ),
  pair("This has gone away: {path} ({code}).", "Ceci n'est plus là : {path} ({code})."),
  pair("Something else is in the way: {path} ({code}).", "Autre chose est en travers : {path} ({code})."),
  pair("The disk refused: {path} ({code}).", "Le disque a refusé : {path} ({code})."),
  pair(
    "Make room, then start the same export again: it goes on where it stopped.",
    "Faites de la place, puis relancez le même export : il reprend où il s'était arrêté.",
  ),
  pair(
    "Give this user the right to write there (or choose another output directory), then start the same export again.",
    "Donnez à cet utilisateur le droit d'y écrire (ou choisissez un autre dossier), puis relancez le même export.",
  ),
  pair(
    "Check the path, then start the same export again: it goes on with what is still there.",
    "Vérifiez le chemin, puis relancez le même export : il continue avec ce qui y est encore.",
  ),
  pair(
    "The index of what was exported cannot be kept under STATE_DIR.",
    "L'index de ce qui fut exporté ne peut pas être tenu sous STATE_DIR.",
  ),
  pair(
    "See that there is room and that this user may write there, then ask again. Exports on disk are not touched.",
    "Veillez à ce qu'il y ait de la place et que cet utilisateur puisse y écrire, puis redemandez. Les exports sur le disque ne sont pas touchés.",
  ),
  pair("It belongs to no page of this list.", "Il n'appartient à aucune page de cette liste."),
  pair("GET /exports lists those there are.", "GET /exports donne ceux qui existent."),
  pair("gmail-export met something it does not expect.", "gmail-export a rencontré quelque chose d'inattendu."),
  pair("See the server's log.", "Voyez le journal du serveur."),
  pair(
    "Start the same export again; if it stops again, report the log's line about the defect. Nothing on disk is lost.",
    "Relancez le même export ; s'il s'arrête encore, signalez la ligne du journal sur le défaut. Rien n'est perdu sur le disque.",
  ),
  pair("The request cannot be read.", "La demande ne peut pas être lue."),
  pair("Send a JSON body, as /docs shows.", "Envoyez un corps JSON, comme le montre /docs."),
  pair("These fields cannot be used: {fields}.", "Ces champs sont inutilisables : {fields}."),
  pair("Correct the fields named and send the request again.", "Corrigez les champs nommés et renvoyez la demande."),
  pair("unknown field", "champ inconnu"),
  // a service account, and a whole domain
  pair("{server} did not answer in time.", "{server} n'a pas répondu à temps."),
  pair("{server} cannot be reached ({code}).", "{server} : injoignable ({code})."),
  pair("{server} answered {status}.", "{server} a répondu {status}."),
  pair("Google's IAM Credentials API", "L'API IAM Credentials de Google"),
  pair("The metadata server of this machine ({host})", "Le serveur de métadonnées de cette machine ({host})"),
  pair("The key file {file} {fault}.", "Le fichier de clé {file} : {fault}."),
  pair("private_key is no RSA key in PEM", "private_key n'est pas une clé RSA en PEM"),
  pair("universe_domain is not googleapis.com", "universe_domain n'est pas googleapis.com"),
  pair(
    "In the Google Cloud console open IAM & Admin → Service Accounts → the account → Keys → Add key → JSON, and put the file there.",
    "Dans la console Google Cloud, ouvrez IAM et administration → Comptes de service → le compte → Clés → Ajouter une clé → JSON, et placez le fichier là.",
  ),
  pair(
    "Nobody needs to sign in where a service account reads a whole domain: export any of its addresses. To sign people in, name an OAuth client's file in GOOGLE_CREDENTIALS_PATH.",
    "Personne n'a besoin de se connecter là où un compte de service lit tout un domaine : exportez n'importe laquelle de ses adresses. Pour connecter des personnes, donnez dans GOOGLE_CREDENTIALS_PATH le fichier d'un client OAuth.",
  ),
  pair(
    "No service account is set up, and only one can read a whole domain.",
    "Aucun compte de service n'est configuré, et lui seul peut lire tout un domaine.",
  ),
  pair(
    "Put a service account's key file where GOOGLE_CREDENTIALS_PATH says, or name a service account in GOOGLE_SERVICE_ACCOUNT.",
    "Placez le fichier de clé d'un compte de service là où le dit GOOGLE_CREDENTIALS_PATH, ou nommez un compte de service dans GOOGLE_SERVICE_ACCOUNT.",
  ),
  pair(
    "The IAM Service Account Credentials API is not switched on in the Google Cloud project.",
    "L'API IAM Service Account Credentials n'est pas activée dans le projet Google Cloud.",
  ),
  pair(
    "Switch it on at {url}, wait a few minutes, and start again.",
    "Activez-la sur {url}, attendez quelques minutes et recommencez.",
  ),
  pair(
    "The access scopes of this machine do not let it use the IAM Credentials API.",
    "Les niveaux d'accès de cette machine ne lui permettent pas d'utiliser l'API IAM Credentials.",
  ),
  pair(
    "Stop the machine, give it the access scope cloud-platform in the Google Cloud console, and start it again.",
    "Arrêtez la machine, donnez-lui le niveau d'accès cloud-platform dans la console Google Cloud, et redémarrez-la.",
  ),
  pair(
    "This machine may not sign for the service account, or there is none of this name (HTTP {status}).",
    "Cette machine n'a pas le droit de signer pour le compte de service, ou il n'y en a pas de ce nom (HTTP {status}).",
  ),
  pair(
    "In the Google Cloud console open IAM & Admin → Service Accounts → {account} → Permissions, and give the machine's own service account the role Service Account Token Creator there (roles/iam.serviceAccountTokenCreator).",
    "Dans la console Google Cloud, ouvrez IAM et administration → Comptes de service → {account} → Autorisations, et donnez-y au compte de service de la machine le rôle Créateur de jetons du compte de service (roles/iam.serviceAccountTokenCreator).",
  ),
  pair(
    "This machine has no identity of its own: its metadata server ({host}) gives no token.",
    "Cette machine n'a pas d'identité propre : son serveur de métadonnées ({host}) ne donne pas de jeton.",
  ),
  pair(
    "Attach a service account to the machine in the Google Cloud console, with the access scope cloud-platform, then start again.",
    "Attachez un compte de service à la machine dans la console Google Cloud, avec le niveau d'accès cloud-platform, puis recommencez.",
  ),
  pair(
    "Without a key file only a machine of Google's cloud can sign, with a service account attached to it. Elsewhere put a key file where GOOGLE_CREDENTIALS_PATH says and leave GOOGLE_SERVICE_ACCOUNT out.",
    "Sans fichier de clé, seule une machine du cloud de Google peut signer, avec un compte de service attaché. Ailleurs, placez un fichier de clé là où le dit GOOGLE_CREDENTIALS_PATH et retirez GOOGLE_SERVICE_ACCOUNT.",
  ),
  pair(
    "A service account reads the mailboxes of an organisation's domain, and this address is a private one.",
    "Un compte de service lit les boîtes du domaine d'une organisation, et cette adresse est privée.",
  ),
  pair(
    "Sign in as {account} with an OAuth client instead; or export an address of the domain.",
    "Connectez-vous plutôt en tant que {account} avec un client OAuth ; ou exportez une adresse du domaine.",
  ),
  pair(
    "Google knows no such scope as GMAIL_SCOPES names.",
    "Google ne connaît pas le champ d'application que nomme GMAIL_SCOPES.",
  ),
  pair(
    "Google gives the service account no token ({error}).",
    "Google ne donne pas de jeton au compte de service ({error}).",
  ),
  pair(
    "In the Google Cloud console open IAM & Admin → Service Accounts and see whether {account} is there and enabled.",
    "Dans la console Google Cloud, ouvrez IAM et administration → Comptes de service et voyez si {account} y est et est activé.",
  ),
  pair(
    "The domain's administrator has not delegated this access to the service account, or Google does not know of it yet ({error}).",
    "L'administrateur du domaine n'a pas délégué cet accès au compte de service, ou Google ne le sait pas encore ({error}).",
  ),
  pair(
    "A super administrator of the domain of {account} opens {place} → Add new ({url}), pastes {client}, and the scopes {scopes}. All scopes must stand there letter by letter; it takes minutes, and now and then up to 24 hours. Then start again.",
    "Un super-administrateur du domaine de {account} ouvre {place} → Ajouter ({url}), y colle {client}, et les champs d'application {scopes}. Tous doivent y figurer à la lettre ; cela prend des minutes, parfois jusqu'à 24 heures. Puis recommencez.",
  ),
  pair(
    "Google Admin console → Security → Access and data control → API controls → Manage Domain Wide Delegation",
    "la console d'administration Google → Sécurité → Contrôle des accès et des données → Commandes des API → Gérer la délégation au niveau du domaine",
  ),
  pair("client ID {id}", "l'identifiant client {id}"),
  pair(
    "the unique ID of {account}, which {command} prints",
    "l'identifiant unique de {account}, que {command} affiche",
  ),
  pair(
    "Google gives no access to this user's mailbox: the domain has no such user, or the user is suspended or archived.",
    "Google ne donne pas accès à la boîte de cet utilisateur : il n'existe pas dans le domaine, ou il est suspendu ou archivé.",
  ),
  pair(
    "See in the Google Admin console → Directory → Users whether {account} is there and active, and how the address is spelled; then start again.",
    "Voyez dans la console d'administration Google → Annuaire → Utilisateurs si {account} y est et est actif, et comment l'adresse s'écrit ; puis recommencez.",
  ),
  pair(
    "This machine's clock is {minutes} minutes ahead of Google's, so what the service account signs is refused.",
    "L'horloge de cette machine avance de {minutes} minutes sur celle de Google, si bien que ce que signe le compte de service est refusé.",
  ),
  pair(
    "This machine's clock is {minutes} minutes behind Google's, so what the service account signs is refused.",
    "L'horloge de cette machine retarde de {minutes} minutes sur celle de Google, si bien que ce que signe le compte de service est refusé.",
  ),
  pair(
    "Set this machine's clock (see clock in doctor's report), then start again.",
    "Réglez l'horloge de cette machine (voyez clock dans le diagnostic), puis recommencez.",
  ),
  pair(
    "Google does not accept what the service account signs: its key was deleted or has expired, or the account is gone or switched off.",
    "Google n'accepte pas ce que signe le compte de service : sa clé a été supprimée ou a expiré, ou le compte n'existe plus ou est désactivé.",
  ),
  pair(
    "In the Google Cloud console open IAM & Admin → Service Accounts → {account}: enable it, or make a new key there and replace the key file.",
    "Dans la console Google Cloud, ouvrez IAM et administration → Comptes de service → {account} : activez-le, ou créez-y une nouvelle clé et remplacez le fichier de clé.",
  ),
  pair("{file} has lines that are no address: {lines}.", "{file} a des lignes qui ne sont pas une adresse : {lines}."),
  pair(
    "Write one address a line and nothing else; what begins with # is passed over.",
    "Écrivez une adresse par ligne et rien d'autre ; ce qui commence par # est ignoré.",
  ),
  pair("{file} names no address.", "{file} ne nomme aucune adresse."),
  pair("Write one address a line.", "Écrivez une adresse par ligne."),
  pair("Nothing says which accounts are to be exported.", "Rien ne dit quels comptes exporter."),
  pair(
    "Choose by --unit, --group, --match or --file; --match '*' is everybody in the domain.",
    "Choisissez par --unit, --group, --match ou --file ; --match '*' vaut tout le domaine.",
  ),
  pair("The list {file} cannot be read.", "La liste {file} est illisible."),
  pair("Name a file of addresses, one a line, in UTF-8.", "Nommez un fichier d'adresses, une par ligne, en UTF-8."),
  pair("No user of the domain is in the unit {unit}.", "Aucun utilisateur du domaine n'est dans l'unité {unit}."),
  pair(
    "Look for its path in the Google Admin console → Directory → Organisational units, such as /Sales/East.",
    "Cherchez son chemin dans la console d'administration Google → Annuaire → Unités organisationnelles, comme /Sales/East.",
  ),
  pair("Google's Admin SDK", "L'Admin SDK de Google"),
  pair(
    "The Admin SDK API is not switched on in the Google Cloud project of the service account.",
    "L'API Admin SDK n'est pas activée dans le projet Google Cloud du compte de service.",
  ),
  pair(
    "The administrator that GOOGLE_ADMIN names may not read the domain's directory.",
    "L'administrateur que nomme GOOGLE_ADMIN n'a pas le droit de lire l'annuaire du domaine.",
  ),
  pair(
    "Name one whose role has the privilege Users → Read, and for --group the privilege Groups → Read: Google Admin console → Account → Admin roles.",
    "Nommez-en un dont le rôle a le droit Utilisateurs → Lire, et pour --group le droit Groupes → Lire : console d'administration Google → Compte → Rôles d'administrateur.",
  ),
  pair("{server} refused a call (HTTP {status}).", "{server} a refusé un appel (HTTP {status})."),
  pair(
    "Report it: gmail-export asked for something that Google does not understand.",
    "Signalez-le : gmail-export a demandé quelque chose que Google ne comprend pas.",
  ),
  pair(
    "{server} answered something that is no page of its directory.",
    "{server} a répondu ce qui n'est pas une page de son annuaire.",
  ),
  pair("{server} answered something that is no signature.", "{server} a répondu ce qui n'est pas une signature."),
  pair(
    "Google's Admin SDK leads back to a page it has already given.",
    "L'Admin SDK de Google ramène à une page déjà donnée.",
  ),
  pair(
    "Google's Admin SDK named a user without an address.",
    "L'Admin SDK de Google a nommé un utilisateur sans adresse.",
  ),
  pair("Google's Admin SDK finds no list of users.", "L'Admin SDK de Google ne trouve aucune liste d'utilisateurs."),
  pair(
    "Google's Admin SDK named no user at all, not even the one who asked.",
    "L'Admin SDK de Google n'a nommé aucun utilisateur, pas même celui qui demande.",
  ),
  pair(
    "Whose eyes see the domain's directory is not known: GOOGLE_ADMIN is not set.",
    "On ne sait pas qui lit l'annuaire du domaine : GOOGLE_ADMIN n'est pas réglé.",
  ),
  pair(
    "Set GOOGLE_ADMIN to the address of an administrator of the domain.",
    "Donnez à GOOGLE_ADMIN l'adresse d'un administrateur du domaine.",
  ),
  pair("The domain has no group {group}.", "Le domaine n'a pas de groupe {group}."),
  pair(
    "Look for its address in the Google Admin console → Directory → Groups.",
    "Cherchez son adresse dans la console d'administration Google → Annuaire → Groupes.",
  ),
  pair(
    "This schedule is damaged, or was written by another version of gmail-export.",
    "Cette planification est abîmée, ou fut écrite par une autre version de gmail-export.",
  ),
  pair(
    "Remove it (gmail-export schedule remove) and add it anew: what is on disk is not touched.",
    "Supprimez-la (gmail-export schedule remove) et ajoutez-la de nouveau : ce qui est sur le disque reste tel quel.",
  ),
  pair("There is no such schedule.", "Il n'y a pas de planification de ce nom."),
  pair("List the schedules to find the right id.", "Affichez les planifications pour trouver le bon identifiant."),
  pair(
    "Follow that export; when it has ended, what is due is brought by itself.",
    "Suivez cet export ; quand il aura fini, ce qui est dû viendra de soi-même.",
  ),
  pair('There is no time zone "{zone}".', "Il n'y a pas de fuseau horaire « {zone} »."),
  pair(
    "Name one as the IANA does, such as Europe/Paris, America/New_York or UTC.",
    "Donnez un nom de l'IANA, comme Europe/Paris, America/New_York ou UTC.",
  ),
  pair('{what}, at character {n} of "{expression}".', "{what}, au caractère {n} de « {expression} »."),
  pair(
    'Correct it there: "0 3 * * *" is every night at three, "*/30 * * * *" every half hour.',
    "Corrigez-la là : « 0 3 * * * » veut dire chaque nuit à trois heures, « */30 * * * * » chaque demi-heure.",
  ),
  pair("This cannot be read as a cron expression", "Ceci ne se lit pas comme une expression cron"),
  pair(
    "A cron expression has five fields (minute, hour, day of month, month, day of week), or six with seconds in front; here are {n}",
    "Une expression cron a cinq champs (minute, heure, jour du mois, mois, jour de la semaine), ou six avec les secondes devant ; ici il y en a {n}",
  ),
  pair(
    "The {field} is wrong: something is missing ({values})",
    "Le champ « {field} » est faux : il manque quelque chose ({values})",
  ),
  pair(
    'The {field} is wrong: "{text}" cannot be used ({values})',
    "Le champ « {field} » est faux : « {text} » ne convient pas ({values})",
  ),
  pair("second", "seconde"),
  pair("hour", "heure"),
  pair("day of month", "jour du mois"),
  pair("month", "mois"),
  pair("day of week", "jour de la semaine"),
  pair('There is no day on which "{expression}" comes true.', "Il n'y a pas de jour où « {expression} » se réalise."),
  pair("Choose a day that comes.", "Choisissez un jour qui vient."),
  pair('"{expression}" comes true twice within a minute.', "« {expression} » se réalise deux fois en une minute."),
  pair(
    "Leave at least a minute between two exports: name a single second, or none.",
    "Laissez au moins une minute entre deux exports : nommez une seule seconde, ou aucune.",
  ),
  pair('Neither cron nor systemd knows "{item}".', "Ni cron ni systemd ne connaissent « {item} »."),
  pair(
    "Name the days by number or name; a server of gmail-export (schedule add) understands it.",
    "Donnez les jours par nombre ou par nom ; un serveur de gmail-export (schedule add) le comprend.",
  ),
  pair("cron knows no seconds.", "cron ne connaît pas les secondes."),
  pair("Leave the first of the six fields out.", "Laissez de côté le premier des six champs."),
  pair("A crontab has one line for a command.", "Une crontab a une ligne par commande."),
  pair("Leave line breaks out of its options.", "Ôtez les sauts de ligne de ses options."),
  pair(
    "Export addresses of the service account's domain, or sign in as this one first.",
    "Exportez des adresses du domaine du compte de service, ou connectez-vous d'abord en tant que celle-ci.",
  ),
];
