import { z } from "zod";

import type { SimulatedGoogle } from "../simulator/google.ts";

/** Signs in as a person would and returns a reader of the Gmail API, paths below users/me/. */
export async function gmailReader({ url, credentials }: SimulatedGoogle): Promise<(path: string) => Promise<unknown>> {
  const { installed } = z
    .object({
      installed: z.object({ client_id: z.string(), client_secret: z.string(), auth_uri: z.url(), token_uri: z.url() }),
    })
    .parse(credentials);
  const { client_id, client_secret, auth_uri, token_uri } = installed;
  const redirect_uri = "http://localhost:9/";
  const scope = "https://www.googleapis.com/auth/gmail.readonly";
  const asked = new URLSearchParams({ client_id, redirect_uri, scope, response_type: "code" });
  const consent = await fetch(`${auth_uri}?${asked.toString()}`, { redirect: "manual" });
  const code = new URL(consent.headers.get("location")!).searchParams.get("code")!;
  const body = new URLSearchParams({ client_id, client_secret, redirect_uri, code, grant_type: "authorization_code" });
  const answer = await fetch(token_uri, { method: "POST", body });
  const { access_token } = z.object({ access_token: z.string() }).parse(await answer.json());
  return async (path) => {
    const response = await fetch(`${url}/gmail/v1/users/me/${path}`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return response.json();
  };
}
