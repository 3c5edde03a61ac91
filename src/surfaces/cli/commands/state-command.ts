import { Option, type Command } from "commander";

import type { StateKind } from "../../../core/ports/stored-state.ts";
import type { Context } from "../context.ts";
import { sign } from "../terminal/signs.ts";
import { explain } from "../words/help.ts";

export function addStateCommand(program: Command, context: Context): void {
  const { terminal, show, messages } = context;
  const state = program.command("state").description("where exports, schedules and sign-ins are remembered");
  const command = state
    .command("move")
    .description("move all that is remembered into the database of DATABASE_URL, or back into STATE_DIR and TOKEN_DIR")
    .addOption(
      new Option("--to <place>", "where it goes; everything must be stopped meanwhile")
        .choices(["database", "folder"] satisfies readonly StateKind[])
        .makeOptionMandatory(),
    )
    .action(async ({ to }: { to: StateKind }) => {
      const { place, exports, schedules, signIns, limits, alarms } = await context.moveState(to);
      const w = messages();
      show({ to, place, exports, schedules, sign_ins: signIns, limits, alarms }, [
        `${sign("ok", terminal.paint.data)} ${w.stateMoved(place)}`,
        `  ${w.movedCounts(exports, schedules, signIns)}`,
      ]);
      terminal.inform(w.startsFrom(to));
    });
  explain(
    command,
    ["state move --to database", "state move --to folder", "state move --to database --json | jq .exports"],
    ["ok", "usage", "setup", "disk"],
  );
}
