import { failureOf, type Failure } from "../core/errors.ts";

/** How something ended that may be refused for a reason a person can be told. */
export type Outcome<T> = Readonly<{ value: T }> | Readonly<{ failure: Failure }>;

/** Rejects with what is no failure of ours: a defect, or the reason of an aborted signal. */
export async function attempt<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    return { failure };
  }
}
