import type { FailureCode } from "../../core/errors.ts";

/**
 * What each failure means in French, by its code: said where a sentence of it has no translation of its own in
 * `sentences.fr.ts`. A code without an entry does not compile.
 */
export const FAILURES_IN_FRENCH: Readonly<Record<FailureCode, Readonly<{ message: string; next: string }>>> = {
  credentials_missing: {
    message: "Le fichier client de Google manque.",
    next: "Suivez le guide de configuration de la console, ou la page docs/troubleshooting.md.",
  },
  credentials_invalid: {
    message: "Le fichier client de Google est inutilisable.",
    next: "Remplacez-le par celui d'un client de votre projet : Google Auth Platform → Clients.",
  },
  credentials_refused: {
    message: "Ce qui a été envoyé n'est pas un fichier client.",
    next: "Prenez tel quel le fichier que Google a donné sous « Télécharger JSON » (Download JSON).",
  },
  credentials_exist: {
    message: "Il y a déjà un fichier client.",
    next: "Connectez-vous avec lui, ou déplacez-le d'abord sur la machine du serveur.",
  },
  settings_invalid: {
    message: "Un réglage est inutilisable.",
    next: "Corrigez-le dans l'environnement ou dans .env ; .env.example décrit chaque réglage.",
  },
  key_unusable: {
    message: "La clé qui scelle les connexions est inutilisable.",
    next: "Remettez la clé d'avant (TOKEN_ENCRYPTION_KEY, ou le fichier key de STATE_DIR).",
  },
  not_private: {
    message: "D'autres utilisateurs de cette machine peuvent lire un fichier qui contient des secrets.",
    next: "Retirez-leur ce droit : chmod 600 sur ce fichier.",
  },
  sign_in_refused: { message: "La connexion n'a pas abouti.", next: "Recommencez la connexion." },
  state_invalid: {
    message: "Cette réponse de Google n'appartient à aucune connexion en cours ici.",
    next: "Recommencez la connexion, et terminez-la dans le même navigateur.",
  },
  wrong_account: {
    message: "Un autre compte que celui qui était demandé s'est connecté.",
    next: "Recommencez la connexion et choisissez le bon compte sur la page de Google.",
  },
  scope_not_granted: {
    message: "Tous les accès nécessaires n'ont pas été accordés.",
    next: "Recommencez la connexion et cochez la case qui permet de lire le courrier.",
  },
  grant_unreadable: {
    message: "Une connexion enregistrée est illisible.",
    next: "Remettez la clé avec laquelle elle fut scellée, ou reconnectez-vous.",
  },
  host_not_allowed: {
    message: "Ce serveur ne porte pas le nom que la requête lui donne.",
    next: "Ouvrez-le comme localhost, ou ajoutez ce nom à ALLOWED_HOSTS.",
  },
  cross_site_request: {
    message: "Une page d'une autre origine a fait envoyer cette requête au navigateur.",
    next: "Ouvrez la console de gmail-export elle-même.",
  },
  api_key_required: {
    message: "Ce serveur demande sa clé d'API.",
    next: "Envoyez l'en-tête Authorization: Bearer <API_KEY>, ou saisissez la clé dans la console.",
  },
  api_key_wrong: {
    message: "Ce n'est pas la clé d'API de ce serveur.",
    next: "Copiez API_KEY telle qu'elle est dans les réglages du serveur.",
  },
  too_many_attempts: {
    message: "Trop d'essais sont venus de cette adresse en une minute.",
    next: "Attendez une minute, puis réessayez.",
  },
  invalid_request: {
    message: "La demande ne peut pas être comprise.",
    next: "Corrigez-la ; /docs montre ce qui est possible.",
  },
  outside_export_dir: {
    message: "Le dossier demandé est hors de EXPORT_DIR.",
    next: "Choisissez un dossier dans EXPORT_DIR, ou démarrez gmail-export avec un autre EXPORT_DIR.",
  },
  unusable_directory: {
    message: "Le nom du dossier ne convient pas.",
    next: "Choisissez un nom plus court, de caractères visibles.",
  },
  label_unknown: {
    message: "La boîte n'a pas, ou plus, ce libellé.",
    next: "Donnez le nom ou l'identifiant d'un libellé qui existe.",
  },
  export_unknown: {
    message: "Il n'y a pas d'export de ce nom.",
    next: "La liste des exports montre ceux qui existent.",
  },
  schedule_unknown: {
    message: "Il n'y a pas de planification de ce nom.",
    next: "La liste des planifications montre celles qui existent.",
  },
  schedule_invalid: {
    message: "Cette planification ne convient pas.",
    next: "Corrigez l'expression cron ou le fuseau horaire.",
  },
  not_in_this_state: {
    message: "L'état présent ne le permet pas.",
    next: "Regardez d'abord où en sont les choses.",
  },
  bad_request: {
    message: "Gmail a refusé la demande.",
    next: "Signalez-le : gmail-export a demandé quelque chose que Gmail ne comprend pas.",
  },
  page_token_invalid: {
    message: "Gmail ne connaît plus cet endroit de la liste.",
    next: "Relancez l'export : il refait la liste et garde tout ce qu'il a.",
  },
  not_found: { message: "Gmail ne l'a plus.", next: "Rien à faire : il a été supprimé entre-temps." },
  forbidden: {
    message: "Google ne permet pas de lire cela.",
    next: "Voyez si https://mail.google.com s'ouvre pour ce compte : il peut être suspendu. Sinon, demandez à l'administrateur du Workspace d'autoriser l'identifiant client de cette application, sous Sécurité, Commandes des API.",
  },
  api_disabled: {
    message: "L'API Gmail n'est pas activée dans le projet Google Cloud du fichier client.",
    next: "Activez-la dans la console Google Cloud (API et services → Bibliothèque → Gmail API), attendez quelques minutes et recommencez.",
  },
  no_mailbox: {
    message: "Gmail refuse tous les appels pour ce compte.",
    next: "Il est probable qu'il n'a pas de boîte Gmail, qu'il est suspendu, ou que l'administrateur du Workspace a désactivé Gmail : voyez si https://mail.google.com s'ouvre pour lui.",
  },
  delegation_missing: {
    message:
      "L'administrateur du domaine n'a pas délégué cet accès au compte de service, ou Google ne le sait pas encore.",
    next: "Un super-administrateur ouvre la console d'administration Google → Sécurité → Contrôle des accès et des données → Commandes des API → Gérer la délégation au niveau du domaine, et y ajoute l'identifiant client du compte de service avec les champs d'application. Cela prend des minutes, parfois jusqu'à 24 heures.",
  },
  user_unusable: {
    message:
      "Google ne donne pas accès à la boîte de cet utilisateur : il n'existe pas dans le domaine, ou il est suspendu ou archivé.",
    next: "Voyez dans la console d'administration Google → Annuaire → Utilisateurs s'il y est et s'il est actif, puis recommencez.",
  },
  daily_limit: {
    message: "Le quota du jour du projet Google Cloud est épuisé.",
    next: "Reprenez l'export demain, ou relevez la limite dans la console Google Cloud.",
  },
  directory_busy: {
    message: "Un autre export écrit dans ce dossier.",
    next: "Attendez qu'il soit terminé, ou choisissez un autre dossier.",
  },
  directory_foreign: {
    message: "Ce dossier contient autre chose que cet export.",
    next: "Choisissez un autre dossier ; rien n'y a été touché.",
  },
  directory_damaged: {
    message: "Ce dossier n'est pas ce qui y fut écrit.",
    next: "Une vérification (gmail-export verify) dit ce qui ne va pas.",
  },
  disk: {
    message: "Le disque a refusé.",
    next: "Faites de la place ou donnez le droit d'écrire, puis relancez le même export : il continue.",
  },
  database: {
    message: "La base de données ne répond pas, ou ne peut pas servir.",
    next: "Vérifiez qu'elle tourne et que DATABASE_URL y mène ; les exports reprennent d'eux-mêmes.",
  },
  internal: {
    message: "gmail-export a rencontré quelque chose d'inattendu.",
    next: "Relancez le même export ; si cela se répète, signalez-le. Rien n'est perdu sur le disque.",
  },
  server_error: {
    message: "Google a eu une erreur de son côté.",
    next: "Réessayez plus tard ; https://www.google.com/appsstatus dit quand Gmail est en panne.",
  },
  network: {
    message: "La connexion à Google a échoué.",
    next: "Vérifiez le réseau ; l'export reprend de lui-même quand Google répond.",
  },
  timeout: {
    message: "Google n'a pas répondu à temps.",
    next: "Vérifiez le réseau ; l'export reprend de lui-même quand Google répond.",
  },
  malformed_response: {
    message: "La réponse reçue n'est pas de Gmail, ou ne peut pas être lue.",
    next: "Réessayez ; si cela dure, cherchez un proxy qui change les réponses de Google.",
  },
  quota_exceeded: {
    message: "Le quota de cette minute est épuisé.",
    next: "Rien à faire : l'export reprend de lui-même.",
  },
  too_many_concurrent: {
    message: "Google demande moins d'appels à la fois.",
    next: "Rien à faire : l'export continue de lui-même, avec moins d'appels.",
  },
  bandwidth_exceeded: {
    message: "Google ne donne pas plus d'octets de cette boîte pour l'instant.",
    next: "Rien à faire : l'export essaie à nouveau de lui-même. Google accorde à une boîte environ 2 500 Mo par jour ; les autres programmes qui la lisent en prennent leur part.",
  },
  locked_out: {
    message: "Google ne laisse rien passer pour ce compte jusqu'à un moment qu'il a nommé.",
    next: "Rien à faire : l'export reprend de lui-même.",
  },
  not_signed_in: {
    message: "Ce compte n'est pas connecté.",
    next: "Connectez-vous ; un export qui attend reprend ensuite de lui-même.",
  },
  consent_revoked: {
    message: "Google n'accepte plus la connexion de ce compte.",
    next: "Reconnectez-vous ; l'export continue de là.",
  },
  scope_missing: {
    message: "La connexion ne permet pas de lire le courrier.",
    next: "Reconnectez-vous et cochez, s'il y en a une, la case qui permet de lire le courrier.",
  },
};
