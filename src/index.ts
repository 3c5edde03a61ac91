/** What other programs need to read exports: the shapes of the files, and the check that they are whole. */
export type { BatchEntry, FailedMessage, Manifest } from "./core/manifest.ts";
export type { AttachmentRecord, ExportRecord } from "./core/record.ts";
