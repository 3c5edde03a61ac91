/** Leave to write an export directory, while it lasts. Disposing it gives it back. */
export type HeldPlace = AsyncDisposable &
  Readonly<{
    /** Raised by each who takes the place. */
    number: number;
    /** Aborts when it was lost, with `HoldLost` as its reason; at once where that shows here, before another can have it. */
    signal: AbortSignal;
    /** Asked right before something is published. Throws `HoldLost` when it was lost, or was given back. */
    confirm(): Promise<void>;
  }>;

/**
 * Who may write an export directory, over all processes and machines of a deployment: one at a time. Implemented by
 * `storage/folder/file-holds.ts` and `state/postgres/holds.ts`; every one passes `test/contracts/holds.ts`.
 */
export type Holds = Readonly<{
  /**
   * Whether another may be given a place while its holder still runs, because it did not renew what it has in time: it may
   * wake up in the middle of writing, so storage must see to it that nothing comes of that. False where only the end of the
   * holder's process gives the place to another.
   */
  canBeLost: boolean;
  /** `place` is that of a storage. Undefined when somebody else has it for longer than `waitMs`; the signal ends the waiting. */
  take(place: string, waitMs: number, signal?: AbortSignal): Promise<HeldPlace | undefined>;
  /** Whether somebody has it now. Makes nothing. */
  isHeld(place: string): Promise<boolean>;
}>;
