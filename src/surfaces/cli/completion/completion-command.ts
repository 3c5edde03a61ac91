import { Argument, type Command } from "commander";

import type { Context } from "../context.ts";
import { explain } from "../words/help.ts";
import { complete } from "./complete.ts";
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from "./completion-scripts.ts";

export function addCompletionCommand(program: Command, { terminal, signedIn }: Context): void {
  const completionCommand = program
    .command("completion")
    .addArgument(new Argument("<shell>", "yours").choices(SHELLS))
    .description("print what makes a shell complete commands, options, folders and accounts with the Tab key")
    .action((shell: Shell) => terminal.data(...COMPLETION_SCRIPTS[shell].trimEnd().split("\n")));
  explain(
    completionCommand,
    [
      "completion bash >> ~/.bashrc",
      'completion zsh > "${fpath[1]}/_gmail-export"',
      "completion fish > ~/.config/fish/completions/gmail-export.fish",
    ],
    ["ok", "usage"],
  );

  // What those scripts call with the words of the line, the last one up to the cursor. Nobody wants to read an error there.
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const found = await complete(program, words, signedIn).catch(() => []);
      for (const { word, hint } of found) terminal.row(...(hint === "" ? [word] : [word, hint]));
    });
}
