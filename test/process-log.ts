/** What the processes of a test file wrote to stderr, for the message of a test that fails. */

type Logged = Readonly<{ name: string; output: () => string; isOver: () => boolean }>;

const CHARACTERS = 6_000;

let logged: Logged[] = [];

export function logProcess(process: Logged): void {
  logged.push(process);
}

/** From here on only what still runs is told of. */
export function forgetEnded(): void {
  logged = logged.filter(({ isOver }) => !isOver());
}

/** The end of what each wrote, under its name. */
export function processLog(): string {
  return logged
    .map(
      ({ name, output, isOver }) =>
        `--- stderr of ${name}${isOver() ? ", ended" : ""}:\n${output().slice(-CHARACTERS)}`,
    )
    .join("\n");
}
