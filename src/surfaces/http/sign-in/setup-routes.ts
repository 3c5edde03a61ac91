import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { Setup as SetupFound } from "../../../doctor/setup.ts";
import { describeAnswer, describeProblems } from "../contract/answers.ts";
import type { Common, SignInServices } from "../services.ts";

/** The name that people give the app at Google, and know it again by. Google refuses names that look like its own products. */
const APP_NAME = "Mail export";

const CLIENT_ID = "123456789012-0a1b2c3d4e5f6g7h8i9j.apps.googleusercontent.com";

export const Setup = z
  .object({
    credentials: z.object({
      state: z
        .enum(["missing", "unusable", "ready", "service_account"])
        .describe("`service_account`: one reads a domain, so no client is needed, and nobody signs in."),
      path: z.string(),
      kind: z.enum(["installed", "web"]).optional(),
      client_id: z.string().optional(),
      project_id: z.string().optional(),
      problem: z
        .object({ code: z.string(), message: z.string(), next: z.string(), stops_sign_in: z.boolean() })
        .optional(),
    }),
    service_account: z.string().exactOptional().describe("The address of the service account that reads a domain."),
    redirect_uri: z.url(),
    export_dir: z.string(),
    scopes: z.array(z.string()),
    app_name: z.string(),
    google: z.object({
      console: z.url(),
      create_project: z.url(),
      enable_gmail_api: z.url(),
      branding: z.url(),
      audience: z.url(),
      data_access: z.url(),
      clients: z.url(),
      create_client: z.url(),
    }),
    accounts: z.int().nonnegative(),
  })
  .meta({
    id: "Setup",
    examples: [
      {
        credentials: {
          state: "ready",
          path: "/home/you/mail/credentials.json",
          kind: "installed",
          client_id: CLIENT_ID,
          project_id: "my-mail-export",
        },
        redirect_uri: "http://localhost:8000/auth/callback",
        export_dir: "/home/you/mail/data",
        scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
        app_name: APP_NAME,
        google: {
          console: "https://console.cloud.google.com/?project=my-mail-export",
          create_project: "https://console.cloud.google.com/projectcreate",
          enable_gmail_api: "https://console.cloud.google.com/apis/library/gmail.googleapis.com?project=my-mail-export",
          branding: "https://console.cloud.google.com/auth/branding?project=my-mail-export",
          audience: "https://console.cloud.google.com/auth/audience?project=my-mail-export",
          data_access: "https://console.cloud.google.com/auth/scopes?project=my-mail-export",
          clients: "https://console.cloud.google.com/auth/clients?project=my-mail-export",
          create_client: "https://console.cloud.google.com/auth/clients/create?project=my-mail-export",
        },
        accounts: 1,
      },
    ],
  });

/** Anything is let in: what is wrong with a client file is better said by who reads client files. */
const ClientFile = z.unknown().meta({
  type: "object",
  description: "The JSON that Google lets one download with an OAuth client, as it is.",
  examples: [
    {
      installed: {
        client_id: CLIENT_ID,
        project_id: "my-mail-export",
        auth_uri: "https://accounts.google.com/o/oauth2/auth",
        token_uri: "https://oauth2.googleapis.com/token",
        auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
        client_secret: "the client's secret",
        redirect_uris: ["http://localhost"],
      },
    },
  ],
});

function problemOf({ stopsSignIn, ...problem }: NonNullable<SetupFound["client"]["problem"]>) {
  return { ...problem, stops_sign_in: stopsSignIn };
}

/** The first visit: is there an OAuth client, what is it called at Google, and where does one make it. */
export function setupRoutes({
  setup,
  storeCredentials,
  accounts,
  log,
}: SignInServices & Pick<Common, "log">): FastifyPluginAsyncZod {
  const view = async (): Promise<z.infer<typeof Setup>> => {
    const { path, client: found, serviceAccount, redirectUri, exportDir, scopes, pages } = await setup();
    const client = found.state === "ready" ? found.client : undefined;
    return {
      credentials: {
        state: found.state,
        path,
        ...(client && { kind: client.kind, client_id: client.clientId }),
        ...(client?.projectId !== undefined && { project_id: client.projectId }),
        ...(found.problem && { problem: problemOf(found.problem) }),
      },
      ...(serviceAccount !== undefined && { service_account: serviceAccount }),
      redirect_uri: redirectUri,
      export_dir: exportDir,
      scopes: [...scopes],
      app_name: APP_NAME,
      google: {
        console: pages.console,
        create_project: pages.createProject,
        enable_gmail_api: pages.enableGmailApi,
        branding: pages.branding,
        audience: pages.audience,
        data_access: pages.dataAccess,
        clients: pages.clients,
        create_client: pages.createClient,
      },
      accounts: (await accounts.list()).length,
    };
  };

  return async (app) => {
    app.get(
      "/setup",
      {
        schema: {
          tags: ["setup"],
          summary: "Whether there is an OAuth client, and the pages of Google's console where one makes and mends it",
          querystring: z.strictObject({}),
          response: { 200: describeAnswer("How far the set-up is. No secret is in it.", Setup) },
        },
      },
      view,
    );

    app.put(
      "/setup/credentials",
      {
        schema: {
          tags: ["setup"],
          summary: "Put the OAuth client's file in its place, where there is no usable one yet",
          querystring: z.strictObject({}),
          body: ClientFile,
          response: {
            201: describeAnswer("It is in its place; `problem` says where Google would still refuse a sign-in.", Setup),
            ...describeProblems({
              400: "The body is not JSON.",
              409: "There is a usable client file already; it is left as it is.",
              422: "This is not the file of an OAuth client; nothing was written.",
              500: "The file cannot be written.",
            }),
          },
        },
      },
      async ({ id: requestId, body }, reply) => {
        await storeCredentials(`${JSON.stringify(body ?? null)}\n`);
        log.info("client file stored", { requestId });
        return reply.code(201).send(await view());
      },
    );
  };
}
