import { pair, type Pair } from "./pair.ts";

/** What is said of a command line or a form that cannot be used; the English is commander's, zod's and ours. */
export const USAGE_SENTENCES: readonly Pair[] = [
  pair("error: unknown command '{name}'", "erreur : commande inconnue « {name} »"),
  pair("error: unknown option '{name}'", "erreur : option inconnue « {name} »"),
  pair("(Did you mean {name}?)", "(Vouliez-vous dire {name} ?)"),
  pair("(Did you mean one of {names}?)", "(Vouliez-vous dire l'un de {names} ?)"),
  pair("error: missing required argument '{name}'", "erreur : il manque l'argument « {name} »"),
  pair(
    "error: command-argument value '{value}' is invalid for argument '{name}'. {why}",
    "erreur : « {value} » ne convient pas pour l'argument « {name} ». {why}",
  ),
  pair(
    "error: option '{flags}' argument '{value}' is invalid. {why}",
    "erreur : « {value} » ne convient pas pour l'option « {flags} ». {why}",
  ),
  pair("error: required option '{flags}' not specified", "erreur : il manque l'option « {flags} »"),
  pair("error: option '{flags}' argument missing", "erreur : il manque la valeur de l'option « {flags} »"),
  pair(
    "error: too many arguments for '{name}'. Expected {most} argument but got {count}: {given}.",
    "erreur : trop d'arguments pour « {name} » : {count} au lieu de {most} ({given}).",
  ),
  pair(
    "error: too many arguments for '{name}'. Expected {most} arguments but got {count}: {given}.",
    "erreur : trop d'arguments pour « {name} » : {count} au lieu de {most} ({given}).",
  ),
  pair("Allowed choices are {choices}.", "Choix possibles : {choices}."),
  pair("Too big: expected string to have <={count} characters", "Trop long : {count} caractères au plus"),
  pair("Invalid email address", "Ce n'est pas une adresse de courrier"),
  pair("Too big: expected array to have <={count} items", "Trop : {count} au plus"),
  pair("It is not an e-mail address.", "Ce n'est pas une adresse de courrier."),
  pair("It must be a whole number, 1 or more.", "Il faut un nombre entier, 1 ou plus."),
  pair(
    'There is no format "{name}". Those there are: json (always), {names}.',
    "Il n'y a pas de format « {name} ». Ceux qu'il y a : json (toujours), {names}.",
  ),
  pair("It holds something that is no character.", "Il y a là quelque chose qui n'est pas un caractère."),
  pair("It must be a day, such as {day}.", "Il faut un jour, comme {day}."),
  pair(
    "It must be a day, such as {day}, or a time with its zone, such as {time}.",
    "Il faut un jour, comme {day}, ou une heure avec son fuseau, comme {time}.",
  ),
  pair("It must be a whole number of seconds, 0 to 86400.", "Il faut un nombre entier de secondes, de 0 à 86400."),
  pair("one of --systemd and --cron must be given", "il faut donner l'une des options --systemd et --cron"),
  pair("It must be a port: 1 to 65535.", "Il faut un port : de 1 à 65535."),
  pair("({command} --help lists the commands)", "({command} --help donne la liste des commandes)"),
];
