/** Most file systems give a name 255 bytes; ext4, XFS, Btrfs, ZFS, NTFS and APFS do. Source: their documentation. */
const MOST_BYTES = 255;

/** Controls, and what turns the direction of a line: such a name shows itself as another. */
const DECEIVES = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Devices, whatever is behind a dot. Source: Microsoft, "Naming Files, Paths, and Namespaces". */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\.|:|$)/i;

/** Why a name cannot be that of a file or folder; undefined when it can. */
export function faultOfFileName(name: string, windows: boolean): string | undefined {
  if (!name.isWellFormed()) return "is not Unicode";
  if (DECEIVES.test(name)) return "holds characters that cannot be seen";
  if (bytesOf(name) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  if (windows && WINDOWS_DEVICE.test(name)) return "is a device on Windows";
  if (windows && /[<>:"|?*]|[. ]$/.test(name)) return "is none that Windows allows";
  return undefined;
}

/** Less than a name may have: who saves it may put " (1)" or an ending of its own to it. */
const MOST_SAFE_BYTES = 200;

/**
 * A name of a stranger's as one that any file system takes and nobody is deceived by: no folder, device or hidden file,
 * nothing that cannot be seen, not too long; what it ends in stays. `fallback` where nothing is left.
 */
export function safeFileName(name: string, fallback: string): string {
  const visible = name
    .toWellFormed()
    .normalize()
    .replaceAll(new RegExp(DECEIVES, "gu"), "")
    .replaceAll(/[<>:"/\\|?*\u{fffd}]/gu, "_")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/^\.+/, "_")
    .replace(/[. ]+$/, "");
  const named = /[^_ .]/u.test(visible) ? visible : fallback;
  const owned = WINDOWS_DEVICE.test(named) ? `_${named}` : named;
  const [extension = ""] = /\.[^. ]{1,20}$/u.exec(owned) ?? [];
  const stem = owned.slice(0, owned.length - extension.length);
  return cutToBytes(stem, MOST_SAFE_BYTES - bytesOf(extension)).replace(/[. ]+$/, "") + extension;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > most) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
