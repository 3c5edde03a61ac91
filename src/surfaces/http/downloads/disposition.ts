/**
 * The header that has a browser save an answer under this name and never show it (RFC 6266). The name is a safe one
 * (core/file-name.ts); in `filename` what is no ASCII is a line, in `filename*` it is as it is (RFC 8187).
 */
export function attachmentNamed(name: string): Readonly<Record<"content-disposition", string>> {
  const plain = name.replaceAll(/[^\x20-\x7e]/gu, "_").replaceAll(/["\\%]/g, "_");
  const exact = encodeURIComponent(name).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  const more = plain === name ? "" : `; filename*=UTF-8''${exact}`;
  return { "content-disposition": `attachment; filename="${plain}"${more}` };
}
