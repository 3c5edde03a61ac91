/** A message as a listing names it. */
export type Ref = Readonly<{ id: string; threadId: string }>;

/** Messages of one thread, as they were listed. `ids` has those that are asked for, which need not be all of it. */
export type Conversation = Readonly<{ threadId: string; ids: readonly string[] }>;
