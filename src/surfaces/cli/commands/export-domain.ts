import { failureOf, type Failure } from "../../../core/errors.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import type { DomainUser } from "../../../core/ports/domain-directory.ts";
import { viewOfFailure } from "../../progress-view.ts";
import { failureIn } from "../../words/french.ts";
import type { Context } from "../context.ts";
import { EXIT, exitCodeOf, worseExitCode } from "../exit-code.ts";
import type { Services } from "../services.ts";
import { sign } from "../terminal/signs.ts";
import type { DomainExportOptions } from "./domain-commands.ts";
import { requestIn } from "./export-options.ts";
import { exportHere } from "./export.ts";

type Ended = Readonly<{ directory: string; manifest: Manifest }>;

/**
 * Exports these users' mail, as many at once as EXPORT_CONCURRENCY says. What becomes of one is told as it ends, and stops no
 * other; the exit code is the worst of all. Rejects with the signal's reason when aborted: what was fetched is on disk.
 */
export async function exportDomain(
  context: Context,
  services: Services,
  users: readonly DomainUser[],
  options: DomainExportOptions,
): Promise<void> {
  const { terminal, signal, messages } = context;
  const w = messages();
  const isQuiet = options.quiet === true;
  const isOnStderr = isQuiet && !context.json();
  const paint = isOnStderr ? terminal.paint.people : terminal.paint.data;
  const say = isOnStderr ? terminal.inform : terminal.data;
  let code: number = EXIT.ok;
  let done = 0;

  const tell = (email: string, ended: Ended | Failure): void => {
    done += 1;
    if ("manifest" in ended) {
      const { directory, manifest } = ended;
      const { complete, total_emails, total_batches } = manifest;
      if (complete && isQuiet) return;
      if (!complete) code = worseExitCode(code, EXIT.incomplete);
      if (context.json())
        terminal.data(JSON.stringify({ email, output_directory: directory, complete, messages: total_emails }));
      else
        say(
          `${sign(complete ? "ok" : "warn", paint)} ${w.of(w.number(done), w.number(users.length))} ${email}: ${w.inFiles(total_emails, total_batches, directory)}`,
        );
      return;
    }
    code = worseExitCode(code, exitCodeOf(ended.code));
    if (context.json()) terminal.data(JSON.stringify({ email, error: viewOfFailure(ended) }));
    else {
      const { message, next } = failureIn(w.language, ended);
      say(
        `${sign("fail", paint)} ${w.of(w.number(done), w.number(users.length))} ${email}: ${message}`,
        `  ${next} (${ended.code})`,
      );
    }
  };

  let next = 0;
  const work = async (): Promise<void> => {
    for (let user = users[next++]; user !== undefined && !signal.aborted; user = users[next++]) {
      const { email } = user;
      try {
        tell(email, await exportOne(services, email, options, signal));
      } catch (error) {
        const failure = failureOf(error);
        if (failure === undefined || signal.aborted) throw error;
        tell(email, failure);
      }
    }
  };
  const width = Math.min(services.domain.concurrency, users.length);
  const ends = await Promise.allSettled(Array.from({ length: width }, work));
  signal.throwIfAborted();
  const defect = ends.find((end) => end.status === "rejected");
  if (defect) throw defect.reason;
  if (users.length === 0) terminal.inform(w.nobodyChosen);
  context.exitWith(code);
}

async function exportOne(
  services: Services,
  account: string,
  options: DomainExportOptions,
  signal: AbortSignal,
): Promise<Ended> {
  const directory = await services.chooseDirectory(account, undefined);
  const request = requestIn(account, directory, options);
  const { wait = false } = options;
  return { directory, manifest: await exportHere(services, request, [], { wait }, signal) };
}
