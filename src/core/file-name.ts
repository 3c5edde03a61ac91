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
  if (new TextEncoder().encode(name).length > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  if (windows && WINDOWS_DEVICE.test(name)) return "is a device on Windows";
  if (windows && /[<>:"|?*]|[. ]$/.test(name)) return "is none that Windows allows";
  return undefined;
}
