/** A file as it stands now. `stamp` changes whenever the file does, and says nothing else. */
export type StoredFile = Readonly<{ name: string; bytes: number; stamp: string }>;

/** What a listing has. `growing` is one that `grow` writes and nothing has sealed; `odd` says in words what is no file of ours. */
export type StoredEntry = StoredFile & Readonly<{ growing: boolean; odd?: string }>;

/**
 * A file held open: what is read of it stays one file's, also when another is given its name. A bucket may have no more of
 * a large one then: what was not read yet is refused (`disk`).
 */
export type StoredContent = AsyncDisposable &
  StoredFile &
  Readonly<{
    /** The bytes from `start` up to `end`, which is not among them; all of them when left out. Fewer come when the file was cut meanwhile. */
    read(start?: number, end?: number): AsyncIterable<Buffer>;
  }>;

/** A file that grows. After a failure only reading what is there may say what it holds. */
export type GrowingFile = AsyncDisposable &
  Readonly<{
    /** Durable when it resolves. The bytes may be used again then. */
    append(bytes: Uint8Array): Promise<void>;
    /** Ends the file with these bytes; it has its own name from now on, durably. */
    seal(end: Uint8Array): Promise<StoredFile>;
  }>;

/** Leave to write, for one holder at a time. Disposing it gives it back. */
export type Hold = AsyncDisposable &
  Readonly<{
    /** Raised by each who takes it. */
    number: number;
    /** Aborts when the hold was lost, with `HoldLost` as its reason. */
    signal: AbortSignal;
  }>;

/**
 * Where the files of one export directory lie. Names that begin with a dot are for gmail-export alone. Only files that are
 * put as a whole may lie in folders, which are made where they are missing: `attachments/ab/…`. Nothing above this port knows paths, descriptors or renaming. Everything that writes needs the
 * hold, and throws `HoldLost` when it was lost: nothing is written from then on. What the medium refuses is a `disk`
 * failure. Implemented by `storage/folder` and `storage/s3`; every one passes `test/contracts/storage.ts`.
 */
export type Storage = Readonly<{
  /** How a person finds it; stands in messages. */
  place: string;
  /** The one spelling of the place, whichever way it was named; undefined when there is no such directory. */
  resolvePlace(): Promise<string | undefined>;
  /** Files at this moment, those in folders apart; undefined when there is no such directory. */
  list(): Promise<readonly StoredEntry[] | undefined>;
  /** Names of all files in a folder and in those within it; none where there is no such folder. What is no file is passed over. */
  namesIn(folder: string): AsyncIterable<string>;
  /** Opens a file, or what grows under that name. Undefined when there is none; throws `directory_damaged` where something stands that is no file. */
  open(name: string, growing?: "growing"): Promise<StoredContent | undefined>;
  /**
   * Puts a file in place as a whole: who looks sees the old one or the new one, and it is durable when this resolves.
   * The name may be made of the SHA-256 of the bytes, in hex.
   */
  put(
    name: string | ((sha256: string) => string),
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<StoredFile & Readonly<{ sha256: string }>>;
  /**
   * Lets a file grow behind the first `keep` bytes of what grew under this name before and `first`, which is there, or
   * not at all, together with them. What it holds is durable when this resolves.
   */
  grow(name: string, keep: number, first?: Uint8Array): Promise<GrowingFile>;
  /** Removes a file, or what grows under that name; there may be none. */
  remove(name: string, growing?: "growing"): Promise<void>;
  /**
   * Makes the directory when there is none, and sees that nobody else may enter it. Undefined when somebody else holds
   * it for longer than `waitMs`. The signal ends the waiting, and the hold, too, when it aborts with `HoldLost`.
   */
  hold(waitMs: number, signal?: AbortSignal): Promise<Hold | undefined>;
  /** Whether somebody holds it now. Makes nothing. */
  isHeld(): Promise<boolean>;
}>;

/** The storage of the export directory at a place. */
export type OpenStorage = (place: string) => Storage;
