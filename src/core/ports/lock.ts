/**
 * Holds `path` for this process alone until disposed; the operating system gives it back when the process dies.
 * Resolves with undefined when somebody else holds it for longer than `waitMs`.
 */
export type Lock = (path: string, waitMs: number, signal?: AbortSignal) => Promise<AsyncDisposable | undefined>;
