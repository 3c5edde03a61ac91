/**
 * How messages can be written beside their records: `mbox`, the originals of a batch in one file; `eml`, the original of
 * each as a file of its own.
 */
export const FORMATS = ["mbox", "eml"] as const;

export type Format = (typeof FORMATS)[number];
