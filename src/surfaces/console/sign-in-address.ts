/** Where the browser goes to sign in at Google; it comes back to the console's accounts. */
export function signInAddress(email?: string): string {
  const query = new URLSearchParams({ ...(email !== undefined && { email }), return: "console" });
  return `/auth/gmail?${query.toString()}`;
}
