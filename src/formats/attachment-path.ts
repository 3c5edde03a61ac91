/** Where the contents of attachments lie in an export directory. */
export const ATTACHMENTS = "attachments";

/** Where content with this SHA-256, in hex, lies: once, however often it was sent. */
export function attachmentPath(sha256: string): string {
  return `${ATTACHMENTS}/${sha256.slice(0, 2)}/${sha256}`;
}

/** The SHA-256 that a path says; undefined of any other. */
export function attachmentSha256(path: string): string | undefined {
  const [, folder = "", sha256 = ""] = /^attachments\/([0-9a-f]{2})\/([0-9a-f]{64})$/.exec(path) ?? [];
  return folder !== "" && sha256.startsWith(folder) ? sha256 : undefined;
}
