import { ExportError, refuse } from "../../core/errors.ts";

/** What the work does: a right to read is another than one to write. */
type Doing = "reading" | "writing";

/** Runs file work on `path`; what the system refuses becomes a `disk` failure that names the path and the remedy. */
export async function onDisk<T>(path: string, work: () => Promise<T>, doing: Doing = "writing"): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExportError || !isSystemError(error)) throw error;
    throw refuse("disk", `${describeError(error.code, doing)}: ${path} (${error.code}).`, remedy(error.code, doing), {
      cause: error,
    });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error;
}

/** Resolves with undefined when the file is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function describeError(code: string, doing: Doing): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return "There is no room left to write";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return doing === "reading" ? "This may not be read" : "This may not be written";
    case "ENOENT":
      return "This has gone away";
    case "ENOTDIR":
    case "EISDIR":
    case "EEXIST":
      return "Something else is in the way";
    case "EMFILE":
    case "ENFILE":
      return "Too many files are open to open another";
    default:
      return "The disk refused";
  }
}

function remedy(code: string, doing: Doing): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return "Make room, then start the same export again: it goes on where it stopped.";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return doing === "reading"
        ? "Give this user the right to read it, then do the same again."
        : "Give this user the right to write there (or choose another output directory), then start the same export again.";
    default:
      return "Check the path, then start the same export again: it goes on with what is still there.";
  }
}
