/** How messages can be written beside their records: `eml`, the original of each as a file of its own. */
export const FORMATS = ["eml"] as const;

export type Format = (typeof FORMATS)[number];
