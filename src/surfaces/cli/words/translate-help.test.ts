import { expect, test } from "vitest";

import { runAlone } from "../testing.ts";

const COMMANDS = [
  "login",
  "logout",
  "status",
  "rotate-key",
  "export",
  "verify",
  "convert",
  "domain accounts",
  "domain export",
  "schedule add",
  "schedule list",
  "schedule run",
  "schedule pause",
  "schedule resume",
  "schedule remove",
  "schedule print",
  "records",
  "log",
  "doctor",
  "serve",
  "worker",
  "key",
  "demo",
];

async function helpOf(...argv: readonly string[]): Promise<string> {
  const { code, stdout } = await runAlone([...argv, "--help"]);
  expect(code).toBe(0);
  return stdout;
}

/** What stands beside a command, an option or an argument, each line of it. */
const described = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?!gmail-export)\S.*? {2,}(\S.*)$/gm)].map(([, text]) => text!);

test.each([[[]], ...COMMANDS.map((name) => [name.split(" ")]), [["completion"]]])(
  "help of %j says in French what everything is for",
  async (command) => {
    const [english, french] = [await helpOf(...command), await helpOf(...command, "--lang", "fr")];
    const [told, toldInFrench] = [described(english), described(french)];
    expect(told.length).toBeGreaterThan(1);
    expect(toldInFrench.length).toBeGreaterThan(1);
    expect(told.filter((text) => toldInFrench.includes(text))).toEqual([]);
    expect(french).toMatch(/^Usage : gmail-export/);
    expect(french).toContain("Codes de sortie :");
    expect(french).not.toMatch(/^(?:Options|Global Options|Arguments|Commands):|Global|default:|choices:|No --quiet/m);
  },
);

test.each(["schedule", "domain"])(
  "help of %s, which has commands of its own, is French to its end",
  async (command) => {
    const [english, french] = [await helpOf(command), await helpOf(command, "--lang", "fr")];
    expect(described(english).filter((text) => described(french).includes(text))).toEqual([]);
    expect(french).not.toMatch(/display help|No --quiet/);
  },
);

test.each(["log", "records", "schedule"])(
  "help of %s tells those who look for it that there is no --quiet",
  async (name) => {
    expect(await helpOf(name)).toMatch(/^No --quiet: .{20,80}\.$/m);
    expect(await helpOf(name, "--lang", "fr")).toMatch(/^Pas de --quiet : .{20,80}\.$/m);
  },
);

test.each([
  [["expor"], /^erreur : commande inconnue « expor »\n\(Vouliez-vous dire export \?\)\n\(gmail-export --help donne/],
  [["--foo"], /^erreur : option inconnue « --foo »/],
  [["export"], /^erreur : il manque l'argument « email »/],
  [
    ["export", "ada"],
    /^erreur : « ada » ne convient pas pour l'argument « email »\. Ce n'est pas une adresse de courrier\./,
  ],
  [["export", "a@b.c", "d"], /^erreur : trop d'arguments pour « export » : 2 au lieu de 1/],
  [["export", "a@b.c", "--max-emails", "x"], /Il faut un nombre entier, 1 ou plus\./],
  [["export", "a@b.c", "--max-emails"], /^erreur : il manque la valeur de l'option « --max-emails <n> »/],
  [["serve", "--port", "x"], /Il faut un port : de 1 à 65535\./],
  [["completion", "ksh"], /Choix possibles : bash, zsh, fish\./],
])("what is wrong with %j is said in French", async (argv, said) => {
  const { code, stderr } = await runAlone(["--lang", "fr", ...argv]);
  expect([code, stderr.replaceAll("\u00A0", " ")]).toEqual([2, expect.stringMatching(said)]);
  expect(stderr).not.toMatch(/error|invalid|missing|choices|help lists/);
});

test("a shell's hints are in French", async () => {
  const { stdout } = await runAlone(["--lang", "fr", "__complete", "--", "exp"]);
  expect(stdout).toMatch(/^export\t.*amener une boîte/);
});
