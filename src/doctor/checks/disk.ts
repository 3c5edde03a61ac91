import { isInBucket } from "../../core/export/place.ts";
import type { Folder } from "../facts.ts";
import { fail, ok, skipped, warn, type Finding, type FindingId } from "../finding.ts";
import { number, shellWord, size } from "../words.ts";
import type { Left } from "./left.ts";

const FOLDERS = {
  token_dir: {
    name: "TOKEN_DIR",
    holds: "the sealed sign-ins",
    harm: "Nobody can sign in, and no access token can be renewed.",
  },
  state_dir: {
    name: "STATE_DIR",
    holds: "the key that opens the sign-ins, and the list of exports",
    harm: "Neither the server nor an export can start.",
  },
  export_dir: { name: "EXPORT_DIR", holds: "the exported mail", harm: "No export can be written." },
} as const;

export function folderFinding(id: keyof typeof FOLDERS, path: string, folder: Folder): Finding {
  const { name, holds, harm } = FOLDERS[id];
  const { exists, fault, permissions } = folder;
  if (fault !== undefined) {
    const what = exists ? "cannot be read and written" : "is not there and cannot be made";
    return fail(id, `${name} ${path} ${what} (${fault})`, harm, remedy(name, path, fault));
  }
  if (isInBucket(path)) return ok(id, `${name} ${path} can be read and written`);
  if (!exists) return ok(id, `${name} ${path} will be made when it is needed`);
  const found = `${name} ${path} can be written`;
  return privacyFinding(id, path, permissions, `It holds ${holds}.`) ?? ok(id, `${found}, and is for this user alone`);
}

/** Undefined when nobody but the owner may do anything with it. */
export function privacyFinding(
  id: FindingId,
  path: string,
  permissions: number | undefined,
  why: string,
): Finding | undefined {
  if (permissions === undefined || (permissions & 0o077) === 0) return undefined;
  const mode = (bits: number): string => bits.toString(8).padStart(3, "0");
  const what = `${path} is open to other users of this machine (mode ${mode(permissions)})`;
  return warn(id, what, why, `chmod ${mode(permissions & 0o700)} ${shellWord(path)}`);
}

function remedy(name: string, path: string, fault: string): string {
  if (isInBucket(path)) return `See what its keys may do (docs/operations/s3.md), or name another place in ${name}.`;
  const another = `name another folder in ${name}.`;
  switch (fault) {
    case "ENOTDIR":
      return `A file is where a folder should be: move it away, or ${another}`;
    case "EROFS":
      return `That disk may only be read: ${another}`;
    default:
      return `sudo install -d -m 700 -o "$(id -un)" ${shellWord(path)} as the user that runs gmail-export, or ${another}`;
  }
}

/** What a message takes in an export, roughly: text and HTML, without attachments. */
const BYTES_PER_MESSAGE = 50_000;

/** `left`: what there is to export still; undefined when no mailbox could be asked. */
export function roomFinding(path: string, room: number | undefined, left: Left | undefined): Finding {
  if (room === undefined)
    return skipped("disk_room", `How much room ${path} has is not known`, "The system does not say.", "Look yourself.");
  if (left === undefined)
    return skipped(
      "disk_room",
      `${size(room)} free in ${path}; how much is needed is not known`,
      "Only Gmail knows how much mail there is, and it could not be asked.",
      "Run doctor again once somebody is signed in and Gmail answers.",
    );
  const { messages, isAtMost } = left;
  const needed = messages * BYTES_PER_MESSAGE;
  const what = isAtMost
    ? `${size(room)} free in ${path}; at most about ${size(needed)} needed for ${number(messages)} messages that are not ` +
      `exported yet, or are to stay out, such as spam and trash; at ${size(BYTES_PER_MESSAGE)} each`
    : `${size(room)} free in ${path}; about ${size(needed)} needed for ${number(messages)} messages that are not exported ` +
      `yet, at ${size(BYTES_PER_MESSAGE)} each`;
  if (room >= needed) return ok("disk_room", what);
  return warn(
    "disk_room",
    what,
    "An export stops when the disk is full, and goes on from there once there is room.",
    "Make room, or name a folder on a larger disk in EXPORT_DIR.",
  );
}
