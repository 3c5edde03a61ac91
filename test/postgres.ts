/** The URL of a PostgreSQL database of the caller's own, with the tables of gmail-export in it; or with none, where it is to be empty. */
export async function newDatabase(kind: "made ready" | "empty" = "made ready"): Promise<string> {
  const address = process.env["TEST_POSTGRES"];
  const answer = await fetch(kind === "empty" ? `${address}/empty` : `${address}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
