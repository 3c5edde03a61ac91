import { pair, type Pair } from "./pair.ts";

/** Every sentence that doctor says, beside its French; long and one file for the reason that `sentences.fr.ts` gives. */
export const FINDING_SENTENCES: readonly Pair[] = [
  // this machine
  pair("Node {version}", "Node {version}"),
  pair("Node {version} is too old", "Node {version} est trop ancien"),
  pair("gmail-export needs Node 24 or newer.", "gmail-export demande Node 24 ou plus récent."),
  pair(
    "Install it from https://nodejs.org; in the repository, npx gmail-export brings its own.",
    "Installez-le depuis https://nodejs.org ; dans le dépôt, npx gmail-export apporte le sien.",
  ),
  pair("Every setting can be used", "Tous les réglages sont utilisables"),
  pair(
    "Nothing but doctor starts as long as one is wrong.",
    "Rien d'autre que le diagnostic ne démarre tant que l'un d'eux est faux.",
  ),
  pair("{subject} was not looked at", "{subject} : non examiné"),
  pair("The port", "Le port"),
  pair("The redirect URI", "L'URI de redirection"),
  pair("The way to Gmail", "Le chemin vers Gmail"),
  pair("{names} cannot be used.", "{names} : inutilisable."),
  pair("Correct that first.", "Corrigez d'abord cela."),
  pair("The database", "La base de données"),
  pair("The database of DATABASE_URL can be used", "La base de données de DATABASE_URL est utilisable"),
  pair(
    "No server, worker or export starts as long as this is so.",
    "Ni serveur, ni worker, ni export ne démarre tant qu'il en est ainsi.",
  ),
  pair("Another program listens on {address}", "Un autre programme écoute sur {address}"),
  pair(
    "The server cannot start there, and a browser that comes back from Google would end at that program.",
    "Le serveur ne peut pas y démarrer, et un navigateur qui revient de Google aboutirait à ce programme.",
  ),
  pair(
    "Stop that program (lsof -i :{port} names it), or change {setting}.",
    "Arrêtez ce programme (lsof -i :{port} le nomme), ou changez {setting}.",
  ),
  pair("PORT (and OAUTH_REDIRECT_URI, if that is set)", "PORT (et OAUTH_REDIRECT_URI, s'il est réglé)"),
  pair("The server cannot listen on {address} ({code})", "Le serveur ne peut pas écouter sur {address} ({code})"),
  pair(
    "The system keeps that port, often all below 1024, from this user.",
    "Le système réserve ce port, souvent tous ceux sous 1024, à d'autres que cet utilisateur.",
  ),
  pair(
    "The server listens on an address of this machine, and this seems to be none.",
    "Le serveur écoute sur une adresse de cette machine, et celle-ci ne semble pas en être une.",
  ),
  pair("Change {setting} to 1024 or more.", "Donnez à {setting} une valeur de 1024 ou plus."),
  pair(
    "Set HOST to an address of this machine, or leave it out: 127.0.0.1.",
    "Donnez à HOST une adresse de cette machine, ou laissez-le de côté : 127.0.0.1.",
  ),
  pair("gmail-export itself listens on {address}", "gmail-export lui-même écoute sur {address}"),
  pair("Nobody listens on {address}", "Personne n'écoute sur {address}"),

  // folders and the disk
  pair("{name} {path} will be made when it is needed", "{name} {path} sera créé au besoin"),
  pair(
    "{name} {path} can be written, and is for this user alone",
    "{name} {path} est inscriptible, et réservé à cet utilisateur",
  ),
  pair("{name} {path} can be read and written", "{name} {path} peut être lu et écrit"),
  pair(
    "See what its keys may do (docs/operations/s3.md), or name another place in {name}.",
    "Vérifiez les droits de ses clés (docs/operations/s3.md), ou indiquez un autre emplacement dans {name}.",
  ),
  pair("{name} {path} cannot be read and written ({code})", "{name} {path} ne peut pas être lu et écrit ({code})"),
  pair(
    "{name} {path} is not there and cannot be made ({code})",
    "{name} {path} n'existe pas et ne peut pas être créé ({code})",
  ),
  pair(
    "Nobody can sign in, and no access token can be renewed.",
    "Personne ne peut se connecter, et aucun jeton d'accès ne peut être renouvelé.",
  ),
  pair("Neither the server nor an export can start.", "Ni le serveur ni un export ne peuvent démarrer."),
  pair("No export can be written.", "Aucun export ne peut être écrit."),
  pair("It holds {what}.", "Il contient {what}."),
  pair("the sealed sign-ins", "les connexions scellées"),
  pair(
    "the key that opens the sign-ins, and the list of exports",
    "la clé qui ouvre les connexions, et la liste des exports",
  ),
  pair("the exported mail", "le courrier exporté"),
  pair(
    "{path} is open to other users of this machine (mode {mode})",
    "{path} est ouvert aux autres utilisateurs de cette machine (mode {mode})",
  ),
  pair("chmod {mode} {path}", "chmod {mode} {path}"),
  pair(
    "A file is where a folder should be: move it away, or {otherwise}",
    "Un fichier est à la place d'un dossier : déplacez-le, ou {otherwise}",
  ),
  pair("That disk may only be read: {otherwise}", "Ce disque est en lecture seule : {otherwise}"),
  pair("name another folder in {setting}.", "nommez un autre dossier dans {setting}."),
  pair(
    "{command} as the user that runs gmail-export, or {otherwise}",
    "{command} en tant que l'utilisateur qui lance gmail-export, ou {otherwise}",
  ),
  pair("How much room {path} has is not known", "La place que {path} a n'est pas connue"),
  pair("The system does not say.", "Le système ne le dit pas."),
  pair("Look yourself.", "Regardez vous-même."),
  pair(
    "{size} free in {path}; how much is needed is not known",
    "{size} libres dans {path} ; on ne sait pas combien il en faut",
  ),
  pair(
    "Only Gmail knows how much mail there is, and it could not be asked.",
    "Seul Gmail sait combien il y a de courrier, et il n'a pas pu être interrogé.",
  ),
  pair(
    "Run doctor again once somebody is signed in and Gmail answers.",
    "Relancez le diagnostic une fois que quelqu'un est connecté et que Gmail répond.",
  ),
  pair(
    "{size} free in {path}; about {needed} needed for {count} messages that are not exported yet, at {each} each",
    "{size} libres dans {path} ; il en faut environ {needed} pour {count} messages pas encore exportés, à {each} chacun",
  ),
  pair(
    "{size} free in {path}; at most about {needed} needed for {count} messages that are not exported yet, or are to stay out, such as spam and trash; at {each} each",
    "{size} libres dans {path} ; il en faut environ {needed} au plus pour {count} messages pas encore exportés, ou qui ne doivent pas l'être, comme les indésirables et la corbeille ; à {each} chacun",
  ),
  pair(
    "An export stops when the disk is full, and goes on from there once there is room.",
    "Un export s'arrête quand le disque est plein, et reprend de là dès qu'il y a de la place.",
  ),
  pair(
    "Make room, or name a folder on a larger disk in EXPORT_DIR.",
    "Faites de la place, ou nommez dans EXPORT_DIR un dossier sur un plus grand disque.",
  ),

  // the client
  pair(
    "Without an OAuth client nobody can sign in, and no access token can be renewed.",
    "Sans client OAuth, personne ne peut se connecter, et aucun jeton d'accès ne peut être renouvelé.",
  ),
  pair("{path} holds an OAuth client of the type {kind}", "{path} contient un client OAuth du type {kind}"),
  pair("Desktop app", "application de bureau (Desktop app)"),
  pair("Web application", "application Web (Web application)"),
  pair(
    "With the client's secret others can pass for your app.",
    "Avec le secret du client, d'autres peuvent se faire passer pour votre application.",
  ),
  pair("{path} is for this user alone", "{path} est réservé à cet utilisateur"),
  pair("The redirect URI was not looked at", "L'URI de redirection n'a pas été examinée"),
  pair("It depends on the type of the client.", "Elle dépend du type du client."),
  pair("Mend the client file first.", "Réparez d'abord le fichier client."),
  pair("A Desktop app client cannot come back to {address}", "Un client de bureau ne peut pas revenir à {address}"),
  pair(
    "Google lets clients of this type come back to the machine of the browser only, and refuses the sign-in.",
    "Google ne laisse les clients de ce type revenir qu'à la machine du navigateur, et refuse la connexion.",
  ),
  pair(
    "Leave OAUTH_REDIRECT_URI out; or create a client of the type Web application, register this address with it ({page}), and replace the client file by its JSON.",
    "Laissez OAUTH_REDIRECT_URI de côté ; ou créez un client du type « Application Web », inscrivez-y cette adresse ({page}), et remplacez le fichier client par son JSON.",
  ),
  pair(
    "The client file does not list {address}; it lists {listed}",
    "Le fichier client ne mentionne pas {address} ; il mentionne : {listed}",
  ),
  pair("none", "rien"),
  pair(
    "Google refuses the sign-in with redirect_uri_mismatch unless this very text is registered.",
    "Google refuse la connexion par redirect_uri_mismatch si ce texte exact n'est pas inscrit.",
  ),
  pair(
    "In the Google Cloud console open Google Auth Platform → Clients → the client → Authorized redirect URIs ({page}) and add {address}; then write it into redirect_uris of the client file too. A new download would lack the secret, which Google shows once.",
    "Dans la console Google Cloud, ouvrez Google Auth Platform → Clients → le client → « URI de redirection autorisés » (Authorized redirect URIs) ({page}) et ajoutez {address} ; puis écrivez-la aussi dans redirect_uris du fichier client. Un nouveau téléchargement n'aurait pas le secret, que Google ne montre qu'une fois.",
  ),
  pair(
    "Google sends the browser back to {address}, and the server listens on port {port} of {host}",
    "Google renvoie le navigateur à {address}, et le serveur écoute sur le port {port} de {host}",
  ),
  pair(
    "Unless something leads from there to here, a sign-in through the server ends nowhere.",
    "Si rien ne mène de là à ici, une connexion par le serveur n'aboutit nulle part.",
  ),
  pair(
    "Give PORT and OAUTH_REDIRECT_URI the same port, or leave OAUTH_REDIRECT_URI out.",
    "Donnez le même port à PORT et à OAUTH_REDIRECT_URI, ou laissez OAUTH_REDIRECT_URI de côté.",
  ),
  pair("{address} is registered with the client", "{address} est inscrite auprès du client"),
  pair("A Desktop app client needs no registered address", "Un client de bureau n'a besoin d'aucune adresse inscrite"),
  pair("GMAIL_SCOPES asks for access to mail", "GMAIL_SCOPES demande l'accès au courrier"),
  pair("GMAIL_SCOPES asks for gmail.metadata", "GMAIL_SCOPES demande gmail.metadata"),
  pair("GMAIL_SCOPES does not ask for access to mail", "GMAIL_SCOPES ne demande pas l'accès au courrier"),
  pair(
    "Beside that scope Gmail shows no bodies and takes no search, whatever else was granted.",
    "Avec ce champ, Gmail ne montre aucun texte et n'accepte aucune recherche, quoi qui soit accordé d'autre.",
  ),
  pair(
    "A sign-in with these scopes cannot read any message.",
    "Une connexion avec ces champs ne peut lire aucun message.",
  ),
  pair("Leave GMAIL_SCOPES out, or set it to {scope}.", "Laissez GMAIL_SCOPES de côté, ou donnez-lui {scope}."),

  // the way to Google
  pair("{host} (Google's sign-in page)", "{host} (page de connexion de Google)"),
  pair("{host} (Google's token endpoint)", "{host} (service de jetons de Google)"),
  pair("{host} (the Gmail API)", "{host} (API Gmail)"),
  pair("{who} cannot be reached ({step}, {code})", "{who} est injoignable ({step}, {code})"),
  pair("{who} cannot be reached: {why}", "{who} est injoignable : {why}"),
  pair(
    "{host} (Google's sign-in page, through the proxy {proxy})",
    "{host} (page de connexion de Google, par le proxy {proxy})",
  ),
  pair(
    "{host} (Google's token endpoint, through the proxy {proxy})",
    "{host} (service de jetons de Google, par le proxy {proxy})",
  ),
  pair("{host} (the Gmail API, through the proxy {proxy})", "{host} (API Gmail, par le proxy {proxy})"),
  pair(
    "Have the proxy let this machine connect to {host}, correct {setting}, or name the host in NO_PROXY.",
    "Faites que le proxy laisse cette machine se connecter à {host}, corrigez {setting}, ou nommez l'hôte dans NO_PROXY.",
  ),
  pair("Google's sign-in page", "la page de connexion de Google"),
  pair("Google's token endpoint", "le service de jetons de Google"),
  pair("the Gmail API", "l'API Gmail"),
  pair(
    "The browser in which somebody signs in must reach it; this machine need not.",
    "Le navigateur où l'on se connecte doit l'atteindre ; cette machine, non.",
  ),
  pair(
    "Nobody can sign in without it, and exports stop within the hour, when an access token ends.",
    "Sans lui personne ne peut se connecter, et les exports s'arrêtent dans l'heure, quand un jeton d'accès expire.",
  ),
  pair("All mail comes from there.", "Tout le courrier vient de là."),
  pair("The way to {where} was not tried", "Le chemin vers {where} n'a pas été essayé"),
  pair(
    "Its address is in the client file, which cannot be used.",
    "Son adresse est dans le fichier client, qui est inutilisable.",
  ),
  pair("{who} answers", "{who} répond"),
  pair(
    "{who} answers with an error of its own (HTTP {status})",
    "{who} répond par une erreur de son côté (HTTP {status})",
  ),
  pair(
    "Try again later; https://www.google.com/appsstatus says when Google is down.",
    "Réessayez plus tard ; https://www.google.com/appsstatus dit quand Google est en panne.",
  ),
  pair(
    "{who} cannot be found: its name leads to no address (DNS, {code})",
    "{who} est introuvable : son nom ne mène à aucune adresse (DNS, {code})",
  ),
  pair(
    "{who} cannot be reached: no connection to port {port} (TCP, {code})",
    "{who} est injoignable : pas de connexion au port {port} (TCP, {code})",
  ),
  pair(
    "{who} is reached, but not over a connection that can be trusted (TLS, {code})",
    "{who} est joint, mais pas par une connexion digne de confiance (TLS, {code})",
  ),
  pair("{who} is reached, but does not answer (HTTP, {code})", "{who} est joint, mais ne répond pas (HTTP, {code})"),
  pair(
    "Ask this machine's name server (nslookup {hostname}); in a closed network, have {host} let through.",
    "Interrogez le serveur de noms de cette machine (nslookup {hostname}) ; dans un réseau fermé, faites laisser passer {host}.",
  ),
  pair(
    "Have the firewall let this machine connect to {host}; test with: curl -sv {origin}",
    "Faites que le pare-feu laisse cette machine se connecter à {host} ; pour essayer : curl -sv {origin}",
  ),
  pair(
    "Set this machine's clock (see clock); certificates are checked by it.",
    "Réglez l'horloge de cette machine (voir Horloge) ; les certificats sont vérifiés d'après elle.",
  ),
  pair(
    "A proxy of this network opens TLS: get its certificate from who runs it, and set NODE_EXTRA_CA_CERTS to that file.",
    "Un proxy de ce réseau ouvre TLS : obtenez son certificat de qui le tient, et donnez ce fichier à NODE_EXTRA_CA_CERTS.",
  ),
  pair(
    "Something else than {hostname} answers, such as a proxy or a sign-in page of the network: curl -sv {origin}",
    "Autre chose que {hostname} répond, comme un proxy ou une page de connexion du réseau : curl -sv {origin}",
  ),
  pair(
    "Try again in a moment; if it lasts, look for a proxy or firewall that holds the answer back: curl -sv {origin}",
    "Réessayez dans un moment ; si cela dure, cherchez un proxy ou pare-feu qui retient la réponse : curl -sv {origin}",
  ),
  pair(
    "The clock was not compared: no server answered with the time",
    "L'horloge n'a pas été comparée : aucun serveur n'a répondu l'heure",
  ),
  pair(
    "It is held against the Date header of Google's answers.",
    "Elle est comparée à l'en-tête Date des réponses de Google.",
  ),
  pair("Mend the way to Google first.", "Réparez d'abord le chemin vers Google."),
  pair(
    "The clock agrees with Google's to within {seconds} s",
    "L'horloge s'accorde avec celle de Google à {seconds} s près",
  ),
  pair("The clock is {span} ahead, compared with {host}", "L'horloge avance de {span} sur celle de {host}"),
  pair("The clock is {span} behind, compared with {host}", "L'horloge retarde de {span} sur celle de {host}"),
  pair("{count} seconds", "{count} secondes"),
  pair("{count} minutes", "{count} minutes"),
  pair("{count} hours", "{count} heures"),
  pair("{count} days", "{count} jours"),
  pair(
    "It tells when access tokens end, when Google lets calls through again, and whether a certificate is valid.",
    "Elle dit quand expirent les jetons d'accès, quand Google laisse de nouveau passer les appels, et si un certificat est valable.",
  ),
  pair(
    "Set the clock: sudo timedatectl set-ntp true (of a container or virtual machine, on its host).",
    "Réglez l'horloge : sudo timedatectl set-ntp true (pour un conteneur ou une machine virtuelle, sur son hôte).",
  ),
  pair("GMAIL_TIER says: {allowed}", "GMAIL_TIER dit : {allowed}"),
  pair(
    "How much Google allows this project is not learned yet; the first export finds out",
    "Ce que Google accorde à ce projet n'est pas encore connu ; le premier export le découvre",
  ),
  pair("Google was learned to allow {allowed}", "Google accorde, d'après l'expérience, {allowed}"),
  pair(
    "Google was learned to allow {allowed}, and calls cost {factor} times their list price",
    "Google accorde, d'après l'expérience, {allowed}, et les appels coûtent {factor} fois leur prix affiché",
  ),
  pair(
    "{units} units a minute for each account (tier {tier})",
    "{units} unités par minute et par compte (tarif {tier})",
  ),
  pair(
    "Exports take as many times as long. Another program that uses the same Google Cloud project would look like this too.",
    "Les exports durent d'autant plus. Un autre programme qui use du même projet Google Cloud aurait le même effet.",
  ),
  pair(
    "Stop what else uses the project, move limits.json in STATE_DIR away, and start the export again: it learns anew. " +
      "With GMAIL_RECORD_REFUSALS=<file> it also keeps what Google says when it refuses (docs/pacing.md).",
    "Arrêtez ce qui use du même projet, déplacez limits.json de STATE_DIR et relancez l'export : il apprend à neuf. " +
      "Avec GMAIL_RECORD_REFUSALS=<file>, il garde aussi ce que Google dit en refusant (docs/pacing.md).",
  ),

  // accounts
  pair("No stored sign-in can be opened.", "Aucune connexion enregistrée ne peut être ouverte."),
  pair("Nobody is signed in", "Personne n'est connecté"),
  pair(
    "Mail can be read with its owner's consent only.",
    "Le courrier ne peut être lu qu'avec l'accord de son propriétaire.",
  ),
  pair(
    "{closed} of {stored} stored sign-ins cannot be opened",
    "{closed} connexions enregistrées sur {stored} ne peuvent pas être ouvertes",
  ),
  pair(
    "A file in TOKEN_DIR is damaged, may not be read, or was sealed with another key; its account cannot be exported.",
    "Un fichier de TOKEN_DIR est abîmé, interdit de lecture, ou scellé avec une autre clé ; son compte ne peut pas être exporté.",
  ),
  pair(
    "Put back the key (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR); or sign in again, which replaces the file. gmail-export doctor you@example.com says more of one account.",
    "Remettez la clé (TOKEN_ENCRYPTION_KEY, ou le fichier key de STATE_DIR) ; ou reconnectez-vous, ce qui remplace le fichier. gmail-export doctor vous@example.com en dit plus d'un compte.",
  ),
  pair("{count} signed in: {accounts}", "{count} connecté(s) : {accounts}"),
  pair("The mail of {account} cannot be read.", "Le courrier de {account} ne peut pas être lu."),
  pair("{account} is not signed in", "{account} n'est pas connecté"),
  pair("The sign-in of {account} has ended", "La connexion de {account} est terminée"),
  pair(
    "The sign-in of {account} is stored and can be opened",
    "La connexion de {account} est enregistrée et peut être ouverte",
  ),
  pair("{account} signed in less than a day ago", "{account} s'est connecté il y a moins d'un jour"),
  pair("{account} signed in a day ago", "{account} s'est connecté il y a un jour"),
  pair("{account} signed in {days} days ago", "{account} s'est connecté il y a {days} jours"),
  pair(
    "{since}, longer than the seven days of a project in Testing",
    "{since}, plus que les sept jours d'un projet en mode test",
  ),
  pair(
    "{since}: in a project that is in Testing this sign-in ends at {end}",
    "{since} : dans un projet en mode test, cette connexion finit le {end}",
  ),
  pair(
    "Google ends every sign-in of such a project after seven days. Whether yours is one cannot be seen from here.",
    "Google met fin à toute connexion d'un tel projet après sept jours. Si le vôtre en est un ne se voit pas d'ici.",
  ),
  pair(
    "To be sure, {publish}, then sign in once more: {signIn}. Where that page says In production or Internal, there is nothing to do.",
    "Pour en être sûr, {publish}, puis reconnectez-vous une fois : {signIn}. Si cette page dit « En production » (In production) ou « Interne » (Internal), il n'y a rien à faire.",
  ),
  pair(
    "in the Google Cloud console open Google Auth Platform → Audience and press Publish app ({page})",
    "dans la console Google Cloud, ouvrez Google Auth Platform → Audience et cliquez sur « Publier l'application » (Publish app) ({page})",
  ),
  pair("{command}, or open {address} on the server.", "{command}, ou ouvrez {address} sur le serveur."),
  pair("{command}, or open {address} on the server", "{command}, ou ouvrez {address} sur le serveur"),
  pair(
    "Sign in again: {signIn}. Did it end after seven days? Then the Google Cloud project is in Testing. Before you sign in: {publish}.",
    "Reconnectez-vous : {signIn}. A-t-elle fini après sept jours ? Alors le projet Google Cloud est en mode test. Avant de vous connecter : {publish}.",
  ),
  // the same in the console, which has buttons for what is a command elsewhere
  pair(
    "Sign in again. Did it end after seven days? Then the Google Cloud project is in Testing. Before you sign in: {publish}.",
    "Reconnectez-vous. La connexion a-t-elle fini après sept jours ? Alors le projet Google Cloud est en mode test. Avant de vous connecter : {publish}.",
  ),
  pair(
    "To be sure, {publish}, then sign in once more. Where that page says In production or Internal, there is nothing to do.",
    "Pour en être sûr, {publish}, puis reconnectez-vous une fois. Si cette page dit « En production » (In production) ou « Interne » (Internal), il n'y a rien à faire.",
  ),
  pair(
    "Sign out of {account}, then sign in again, and choose {chosen} on Google's page.",
    "Déconnectez {account}, puis reconnectez-vous, et choisissez {chosen} sur la page de Google.",
  ),
  pair(
    "Sign out of {account}, then sign in again, and tick the box for reading mail on Google's page, if there is one.",
    "Déconnectez {account}, puis reconnectez-vous et cochez, s'il y en a une, la case qui permet de lire le courrier.",
  ),
  pair(
    "Take it out of GMAIL_SCOPES, then sign out of {account} (so that Google forgets it), then sign in again.",
    "Retirez-le de GMAIL_SCOPES, puis déconnectez {account} (pour que Google l'oublie), puis reconnectez-vous.",
  ),
  pair(
    "Put back the key (TOKEN_ENCRYPTION_KEY, or the file key in STATE_DIR); or sign in again, which replaces the file.",
    "Remettez la clé (TOKEN_ENCRYPTION_KEY, ou le fichier key de STATE_DIR) ; ou reconnectez-vous, ce qui remplace le fichier.",
  ),
  pair("{account} allows mail to be read", "{account} permet de lire le courrier"),
  pair(
    "The sign-in of {account} carries the scope gmail.metadata",
    "La connexion de {account} porte le champ gmail.metadata",
  ),
  pair(
    "Take it out of GMAIL_SCOPES, then gmail-export logout {account} (so that Google forgets it), then {signIn}.",
    "Retirez-le de GMAIL_SCOPES, puis gmail-export logout {account} (pour que Google l'oublie), puis {signIn}.",
  ),
  pair(
    "The sign-in of {account} does not allow mail to be read",
    "La connexion de {account} ne permet pas de lire le courrier",
  ),
  pair(
    "A box on Google's consent page was left unticked, or GMAIL_SCOPES asked for something else.",
    "Une case de la page de Google n'a pas été cochée, ou GMAIL_SCOPES demandait autre chose.",
  ),
  pair(
    "Sign in again, and tick the box for reading mail on Google's page, if there is one: {signIn}.",
    "Reconnectez-vous et cochez, s'il y en a une, la case qui permet de lire le courrier : {signIn}.",
  ),
  pair("Gmail was not asked for {account}", "Gmail n'a pas été interrogé pour {account}"),
  pair("Mend that first.", "Réparez d'abord cela."),
  pair("The client file cannot be used.", "Le fichier client est inutilisable."),
  pair("Gmail did not answer for {account} in time", "Gmail n'a pas répondu à temps pour {account}"),
  pair(
    "It may be in trouble, or an export that runs is spending the whole quota of this minute.",
    "Il est peut-être en difficulté, ou un export en cours dépense tout le quota de cette minute.",
  ),
  pair("Try again in a minute.", "Réessayez dans une minute."),
  pair(
    "The sign-in stored for {account} opens the mailbox of {other}",
    "La connexion enregistrée pour {account} ouvre la boîte de {other}",
  ),
  pair("An export would bring another person's mail.", "Un export apporterait le courrier d'une autre personne."),
  pair(
    "gmail-export logout {account}, then {signIn}, and choose {chosen} on Google's page.",
    "gmail-export logout {account}, puis {signIn}, et choisissez {chosen} sur la page de Google.",
  ),
  pair("Gmail answers for {account}: {count} messages", "Gmail répond pour {account} : {count} messages"),
  pair(
    "The Gmail API is not switched on in the Google Cloud project of the client file",
    "L'API Gmail n'est pas activée dans le projet Google Cloud du fichier client",
  ),
  pair("Google refuses every call until it is.", "Google refuse tout appel tant qu'elle ne l'est pas."),
  pair(
    "In the Google Cloud console open APIs & Services → Library → Gmail API and press Enable ({page}), then wait a few minutes.",
    "Dans la console Google Cloud, ouvrez API et services → Bibliothèque → Gmail API et cliquez sur « Activer » (Enable) ({page}), puis attendez quelques minutes.",
  ),
  pair("Gmail cannot be read for {account}: {why}", "Gmail ne peut pas être lu pour {account} : {why}"),
  pair("No export can begin.", "Aucun export ne peut commencer."),
  pair(
    "gmail-export logout {account}, then {signIn}, and tick the box for reading mail on Google's page, if there is one.",
    "gmail-export logout {account}, puis {signIn}, et cochez, s'il y en a une, la case qui permet de lire le courrier.",
  ),
  pair("Exports of this account wait for a new sign-in.", "Les exports de ce compte attendent une nouvelle connexion."),
  pair("Google will let calls through again.", "Google laissera de nouveau passer les appels."),
  // scheduled exports, and who is told of them
  pair("Scheduled exports were not looked at", "Les exports programmés n'ont pas été regardés"),
  pair("No export has a schedule", "Aucun export n'est programmé"),
  pair(
    "What has a schedule is as it should be ({count} in all)",
    "Ce qui est programmé est comme il faut ({count} en tout)",
  ),
  pair(
    "Its directory is not kept current as long as this is so.",
    "Son dossier n'est pas tenu à jour tant que c'est ainsi.",
  ),
  pair("No receiver of alarms is set (NOTIFY_URL)", "Aucun récepteur d'alarmes n'est réglé (NOTIFY_URL)"),
  pair("Nobody is told when a scheduled export fails", "Personne n'est prévenu quand un export programmé échoue"),
  pair(
    "A backup that has stopped is noticed when it is needed, unless somebody is told.",
    "Une sauvegarde arrêtée se remarque le jour où on en a besoin, si personne n'est prévenu.",
  ),
  pair("Set NOTIFY_URL: docs/operations.md.", "Réglez NOTIFY_URL : docs/operations.md."),
  pair("The receiver of alarms was not looked at", "Le récepteur des alarmes n'a pas été regardé"),
  pair("The receiver of alarms has taken a test", "Le récepteur des alarmes a pris un essai"),
  pair("The receiver of alarms can be reached", "Le récepteur des alarmes est joignable"),
  pair(
    "The receiver of alarms cannot be reached ({step}, {code})",
    "Le récepteur des alarmes est injoignable ({step}, {code})",
  ),
  // alarms
  pair("The scheduled export of {account} failed. {message}", "L'export programmé de {account} a échoué. {message}"),
  pair("Why is not known any more.", "On ne sait plus pourquoi."),
  pair("Start it once more, and look at how that ends.", "Lancez-le encore une fois, et voyez comment il se termine."),
  pair("A label that it asks for is no longer in the mailbox.", "Un libellé qu'il demande n'est plus dans la boîte."),
  pair(
    "Look at the export, which names the label, and change the schedule.",
    "Regardez l'export, qui nomme le libellé, et changez la programmation.",
  ),
  pair(
    "The scheduled export of {account} cannot go on until its owner signs in again.",
    "L'export programmé de {account} ne peut continuer que lorsque son propriétaire se reconnecte.",
  ),
  pair(
    "Sign in: gmail-export login {account}, or in the console; the export goes on by itself then. Did the sign-in end after seven days? Then the Google Cloud project is in Testing: publish the app first (Google Auth Platform → Audience).",
    "Connectez-vous : gmail-export login {account}, ou dans la console ; l'export reprend alors de lui-même. La connexion a pris fin au bout de sept jours ? Alors le projet Google Cloud est en test : publiez d'abord l'application (Google Auth Platform → Audience).",
  ),
  pair(
    "The export of {account}, scheduled at {time}, has not been proven complete yet.",
    "L'export de {account}, programmé le {time}, n'a pas encore été prouvé complet.",
  ),
  pair(
    "The export of {account} has not been proven complete since {time}.",
    "L'export de {account} n'a pas été prouvé complet depuis le {time}.",
  ),
  pair(
    "Look at how it stands, in the console or with GET /exports: one that waits goes on by itself, and one that failed says why. gmail-export doctor {account} says what stands in the way.",
    "Voyez où il en est, dans la console ou par GET /exports : celui qui attend reprend de lui-même, celui qui a échoué dit pourquoi. gmail-export doctor {account} dit ce qui fait obstacle.",
  ),
  // a service account, and its domain
  pair("Without it no mailbox of the domain can be read.", "Sans lui, aucune boîte du domaine ne peut être lue."),
  pair(
    "Google signs for the service account {account}; there is no key",
    "Google signe pour le compte de service {account} ; il n'y a pas de clé",
  ),
  pair(
    "{file} holds the key of the service account {account}",
    "{file} contient la clé du compte de service {account}",
  ),
  pair(
    "The service account may read the mail of {account}",
    "Le compte de service a le droit de lire le courrier de {account}",
  ),
  pair("The domain's directory was not looked at", "L'annuaire du domaine n'a pas été examiné"),
  pair(
    "GOOGLE_ADMIN is not set; without it single addresses can be exported, and nobody is told who is there.",
    "GOOGLE_ADMIN n'est pas réglé ; sans lui, des adresses isolées peuvent être exportées, mais on ne sait pas qui est là.",
  ),
  pair(
    "Without it nobody is told who is in the domain; single addresses can be exported all the same.",
    "Sans lui, on ne sait pas qui est dans le domaine ; des adresses isolées peuvent être exportées quand même.",
  ),
  pair("The directory of the domain can be read as {admin}", "L'annuaire du domaine peut être lu en tant que {admin}"),
  pair("Google did not answer in time", "Google n'a pas répondu à temps"),
  pair("No account of the domain was tried", "Aucun compte du domaine n'a été essayé"),
  pair(
    "Whether the domain's administrator has delegated access is seen by trying one.",
    "En essayer un montre si l'administrateur du domaine a délégué l'accès.",
  ),
  pair(
    "Name one: gmail-export doctor ada@example.com, with an address of the domain; or set GOOGLE_ADMIN.",
    "Nommez-en un : gmail-export doctor ada@example.com, avec une adresse du domaine ; ou réglez GOOGLE_ADMIN.",
  ),
  pair(
    "With the service account's key others can read every mailbox of the domain.",
    "Avec la clé du compte de service, d'autres peuvent lire toutes les boîtes du domaine.",
  ),
];
