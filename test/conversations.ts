import type { SimulatedGoogle } from "../simulator/google.ts";
import { listedIds } from "./stage.ts";

/** Conversations of which all that is there is listed, and nothing in spam or trash: their ids, newest first. */
export function conversationsIn(google: SimulatedGoogle): string[][] {
  const { ids, truth } = google.mailbox();
  const listed = new Set(listedIds({ google }));
  return [...Map.groupBy(ids(), (id) => truth(id).threadId).values()].filter((all) =>
    all.every((id) => listed.has(id)),
  );
}
