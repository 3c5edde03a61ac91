/** What scopes allow, from the most harmless; Google's names, without the address before them. */
const SCOPES = ["openid", "email", "profile", "gmail.metadata", "gmail.readonly", "gmail.modify", "full"] as const;

export type KnownScope = (typeof SCOPES)[number];

const PREFIX = "https://www.googleapis.com/auth/";

/** `https://www.googleapis.com/auth/gmail.readonly` is `gmail.readonly`; undefined for one that we have no words for. */
export function knownScope(scope: string): KnownScope | undefined {
  if (scope === "https://mail.google.com/") return "full";
  const name = scope.replace(PREFIX, "").replace(/^userinfo\./, "");
  return SCOPES.find((known) => known === name && known !== "full");
}
