/**
 * How messages can be written beside their records: `mbox`, the originals of a batch in one file; `eml`, the original of
 * each as a file of its own; `ndjson`, the records of a batch, one a line; `parquet`, the same as typed columns.
 */
export const FORMATS = ["mbox", "eml", "ndjson", "parquet"] as const;

export type Format = (typeof FORMATS)[number];

/** Made of the messages' own bytes, which must be fetched for them. */
export const ORIGINAL_FORMATS = ["mbox", "eml"] as const satisfies readonly Format[];

export type OriginalFormat = (typeof ORIGINAL_FORMATS)[number];

/** Made of the records of a batch that is finished: at any time, and once more where they are missing. */
export const DERIVED_FORMATS = ["ndjson", "parquet"] as const satisfies readonly Format[];

export type DerivedFormat = (typeof DERIVED_FORMATS)[number];

/** Whether these bring the original of each message, whose SHA-256 is in its record then. */
export function hasOriginals(formats: readonly Format[]): boolean {
  return ORIGINAL_FORMATS.some((format) => formats.includes(format));
}
