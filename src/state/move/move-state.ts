import { createHash } from "node:crypto";

import { canonicalAccount } from "../../core/account.ts";
import { refuse, type ExportError } from "../../core/errors.ts";
import type { ExportEntry, Moved, MoveMark, StoredState } from "../../core/ports/stored-state.ts";
import { writeGrant } from "../grants/grant-text.ts";
import { atRest } from "./at-rest.ts";

/** Exports that are read, and written, at once. */
const PAGE = 500;

type Options = Readonly<{
  /** What tells this move from others. */
  newId: () => string;
  signal: AbortSignal;
  pageSize?: number;
}>;

/**
 * Moves all that a deployment remembers from one place to the other. First both ends are marked, so that neither can be
 * started; then the target is filled, anew each time, and read back; then the marks say where the state is. Cut short
 * anywhere, the same call ends it. The source keeps what it had. Throws `not_in_this_state` where something runs at
 * either end, or the target belongs to another deployment; `key_unusable` where sign-ins do not open.
 */
export async function moveState(from: StoredState, to: StoredState, options: Options): Promise<Moved> {
  const { newId, signal, pageSize = PAGE } = options;
  await from.prepare();
  await to.prepare();
  await using held = await holdBoth(from, to);
  if (!held) throw refuse("not_in_this_state", "Another process is moving the state.", "Wait until it has ended.");
  const id = await idOf(from, to, newId);
  if (id === undefined) return countsOf(to, await digestOf(to, pageSize)); // it was moved before
  const [mark, markOfTarget] = [await from.readMark(), await to.readMark()];
  await assertAtRest(from, to);
  await assertSignInsOpen(from);
  const before = mark?.status === "arrived" ? mark.id : mark?.before;
  if (mark?.status !== "left") await from.writeMark({ id, status: "leaving", other: to.place, before });
  // Whoever started before the mark was there is seen now.
  await assertAtRest(from, to).catch(async (error: unknown) => {
    if (mark?.id !== id) await from.writeMark(mark);
    throw error;
  });
  if (markOfTarget?.id !== id || markOfTarget.status !== "arriving")
    await to.writeMark({ id, status: "arriving", other: from.place });

  signal.throwIfAborted();
  const written = await copyExports(from, to, pageSize, signal);
  await to.replaceLimits(await from.limits());
  await to.replaceRecent(await from.recent());
  await copyAlarms(from, to, signal);
  await copyGrants(from, to, signal);
  const found = await digestOf(to, pageSize);
  if (found.digest !== written.digest) throw new Error("what was moved reads otherwise at its new place");

  await from.writeMark({ id, status: "left", other: to.place, before });
  await to.writeMark({ id, status: "arrived", other: from.place });
  return countsOf(to, found);
}

async function holdBoth(from: StoredState, to: StoredState): Promise<AsyncDisposable | undefined> {
  await using holds = new AsyncDisposableStack();
  for (const end of [from, to]) {
    const held = await end.holdMove();
    if (!held) return undefined;
    holds.use(held);
  }
  return holds.move();
}

/** The id of a move that was cut short, or of a new one; undefined where the state is there already. */
async function idOf(from: StoredState, to: StoredState, newId: () => string): Promise<string | undefined> {
  const [source, target] = [await from.readMark(), await to.readMark()];
  switch (source?.status) {
    case "arriving":
      throw refuse(
        "not_in_this_state",
        `The state is on its way from ${source.other} to ${from.place}.`,
        `End that first: gmail-export state move --to ${from.kind}.`,
      );
    case "left":
      if (target?.id !== source.id) throw gone(from, source);
      return target.status === "arrived" ? undefined : source.id;
    case "leaving":
      if (target?.id === source.id) return source.id;
      await assertFree(to, target, source.before);
      return source.id;
    case "arrived":
    case undefined:
      await assertFree(to, target, source?.id);
      return newId();
  }
}

/** Throws unless nothing is there, or only what was kept there when the state came from there by the move `id`. */
async function assertFree(to: StoredState, mark: MoveMark | undefined, id: string | undefined): Promise<void> {
  if (mark?.status === "left" && mark.id === id) return;
  if (mark === undefined && (await isEmpty(to))) return;
  throw refuse(
    "not_in_this_state",
    `${to.place} holds the state of another deployment.`,
    to.kind === "database"
      ? "Name an empty database in DATABASE_URL."
      : "Name empty folders in STATE_DIR and TOKEN_DIR.",
  );
}

async function isEmpty(to: StoredState): Promise<boolean> {
  for await (const entries of to.exports(1)) if (entries.length > 0) return false;
  return (await to.schedules()).length === 0 && (await to.grants.stored()).length === 0;
}

function gone(from: StoredState, { other }: MoveMark): ExportError {
  return refuse(
    "not_in_this_state",
    `The state of ${from.place} was moved to ${other}, and this is another place, or it is there no more.`,
    from.kind === "folder"
      ? "Name that place again. If it is lost, remove moved.json from STATE_DIR: then all is as it was before the move."
      : "Name that place again. If it is lost, empty the table gmail_export.moved: then all is as it was before the move.",
  );
}

async function assertAtRest(from: StoredState, to: StoredState): Promise<void> {
  await from.assertAtRest();
  await to.assertAtRest();
}

/** A sign-in that does not open here would open nowhere. */
async function assertSignInsOpen({ grants, place, kind }: StoredState): Promise<void> {
  const closed = (await grants.stored()).length - (await grants.accounts()).length;
  if (closed === 0) return;
  throw refuse(
    "key_unusable",
    `Of the sign-ins in ${place}, ${closed} cannot be opened with this TOKEN_ENCRYPTION_KEY.`,
    kind === "folder"
      ? "Set TOKEN_ENCRYPTION_KEY to what stands in the file key of STATE_DIR, or to the key they were sealed with; or sign these accounts out (gmail-export logout)."
      : "Set TOKEN_ENCRYPTION_KEY to the key they were sealed with; or sign these accounts out (gmail-export logout).",
  );
}

type Digest = Readonly<{ digest: string; exports: number; schedules: number }>;

async function copyExports(from: StoredState, to: StoredState, pageSize: number, signal: AbortSignal): Promise<Digest> {
  await to.clear();
  const sum = createSum();
  for await (const entries of from.exports(pageSize)) {
    signal.throwIfAborted();
    const resting = entries.map(atRest);
    for (const entry of resting) sum.addExport(entry);
    await to.addExports(resting);
  }
  const schedules = await from.schedules();
  await to.addSchedules(schedules);
  return sum.withSchedules(schedules);
}

async function digestOf(state: StoredState, pageSize: number): Promise<Digest> {
  const sum = createSum();
  for await (const entries of state.exports(pageSize)) for (const entry of entries) sum.addExport(entry);
  return sum.withSchedules(await state.schedules());
}

/** Over exports and schedules in their order; the account in one spelling, as older versions kept it in another. */
function createSum() {
  const hash = createHash("sha256");
  let exports = 0;
  const add = (values: readonly (string | number | null)[]): unknown => hash.update(`${JSON.stringify(values)}\n`);
  return {
    addExport({ id, account, directory, state, wish, priority, turns, createdAt, job }: ExportEntry): void {
      exports += 1;
      add([id, canonicalAccount(account), directory, state, wish, priority, turns, createdAt, job]);
    },
    withSchedules(schedules: Awaited<ReturnType<StoredState["schedules"]>>): Digest {
      for (const one of schedules)
        add([one.id, one.directory, one.revision, one.lastExport, one.lastAt, one.lastState, one.schedule]);
      return { digest: hash.digest("hex"), exports, schedules: schedules.length };
    },
  };
}

async function copyAlarms(from: StoredState, to: StoredState, signal: AbortSignal): Promise<void> {
  const record = await from.alarms.read();
  const isDone = await to.alarms.exclusively((_, keep) => keep(record), signal);
  if (!isDone) throw refuse("not_in_this_state", `Another process uses ${to.place}.`, "Stop it first.");
}

/** Each is sealed anew, under its own number; those that the source has no more go. */
async function copyGrants({ grants: source }: StoredState, { grants: target }: StoredState, signal: AbortSignal) {
  const accounts = await source.accounts();
  const kept = new Set(accounts.map(canonicalAccount));
  for (const account of await target.accounts()) if (!kept.has(canonicalAccount(account))) await target.remove(account);
  for (const account of accounts)
    await target.lockAccount(
      account,
      async () => {
        const grant = await source.load(account);
        const there = await target.load(account).catch(() => undefined); // what cannot be opened is replaced
        if (grant && (!there || writeGrant(there) !== writeGrant(grant))) await target.save(grant);
      },
      signal,
    );
}

async function countsOf(to: StoredState, { exports, schedules }: Digest): Promise<Moved> {
  return {
    to: to.kind,
    place: to.place,
    exports,
    schedules,
    signIns: (await to.grants.accounts()).length,
    limits: (await to.limits()).size,
    alarms: Object.values(await to.alarms.read()).flatMap(({ alarms }) => alarms).length,
  };
}

/** Why nothing can be moved without DATABASE_URL. */
export function noDatabase(): ExportError {
  return refuse(
    "settings_invalid",
    "DATABASE_URL names no database: the state moves into it, or out of it.",
    "Set DATABASE_URL, such as postgres://user:password@db.example.com/gmail_export, and do the same again.",
  );
}

/** Why nothing can be moved while the key is only on this machine; and how it becomes one that can be shared. */
export function noSharedKey(stateDir: string): ExportError {
  return refuse(
    "settings_invalid",
    "TOKEN_ENCRYPTION_KEY is not set: sign-ins in a database are sealed with a key that every machine has.",
    `Set TOKEN_ENCRYPTION_KEY to what stands in ${stateDir}/key (where there is no such file: to what openssl rand -base64 32 prints), and do the same again.`,
  );
}
