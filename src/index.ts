/** What other programs need to read exports: the shapes of the files, and the check that they are whole. */
export type { BatchEntry, FailedMessage, Manifest } from "./core/export/manifest.ts";
export type { AttachmentRecord, ExportRecord } from "./core/mail/record.ts";
