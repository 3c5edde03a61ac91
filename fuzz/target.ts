import type * as fc from "fast-check";

/** Something that takes bytes from outside, opened and ready to be fed. */
export type Subject = AsyncDisposable &
  Readonly<{
    /** What good input looks like; it is mutated. */
    seeds: readonly Buffer[];
    /** Input of the right shape with anything in it; it is mutated too. */
    shapes?: fc.Arbitrary<string>;
    /**
     * Takes one input; resolves with all that may be told, logged or answered because of it. Throws an ExportError where
     * the input is refused. Whatever else it throws is a defect.
     */
    feed(input: Buffer): Promise<readonly string[]>;
    /** Looks at what can be seen only when all is over. Throws a Defect. */
    audit?(): Promise<void>;
  }>;

export type Target = Readonly<{
  name: string;
  /** How many of 1,000 cases are its. */
  share: number;
  /** `folder` is its own: everything it writes is below. */
  open(folder: string): Promise<Subject>;
}>;

/** What the program must never do. `kind` is the same for the same mistake: the input is made smaller while it stays. */
export class Defect extends Error {
  readonly kind: string;
  constructor(kind: string, detail = "") {
    super(detail === "" ? kind : `${kind}: ${detail}`);
    this.kind = kind;
  }
}

export function must(holds: boolean, kind: string, detail = ""): asserts holds {
  if (!holds) throw new Defect(kind, detail);
}
