/** Whose mail it is decides what Google's console asks for. */
export const KINDS = ["personal", "workspace"] as const;

export type Kind = (typeof KINDS)[number];

/** What is done in Google's console, in this order. */
const CONSOLE_STEPS = ["project", "gmail_api", "app", "publish", "client"] as const;

export type ConsoleStep = (typeof CONSOLE_STEPS)[number];

/** An app for the members of a Workspace alone is never in Testing, so it need not be published. */
export function stepsFor(kind: Kind): ConsoleStep[] {
  return CONSOLE_STEPS.filter((step) => step !== "publish" || kind === "personal");
}

/**
 * Desktop clients come back to this machine without registering the address (RFC 8252 §7.3); any other address needs a
 * web client, with that very text registered.
 */
export function clientTypeFor(redirectUri: string): "installed" | "web" {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === "http:" && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname) ? "installed" : "web";
}
