const CONSOLE = "https://console.cloud.google.com";

/** Pages of the Google Cloud console, opened in the project where it is known: where what is missing can be mended. */
export type ConsolePages = Readonly<{
  console: string;
  createProject: string;
  enableGmailApi: string;
  /** Google Auth Platform: the app's name and addresses. */
  branding: string;
  /** Google Auth Platform: Testing or published, and who may sign in. */
  audience: string;
  /** Google Auth Platform: scopes. */
  dataAccess: string;
  /** Google Auth Platform: OAuth clients. */
  clients: string;
  createClient: string;
}>;

export function consolePages(projectId: string | undefined): ConsolePages {
  const page = (path: string): string =>
    CONSOLE + path + (projectId === undefined ? "" : `?project=${encodeURIComponent(projectId)}`);
  return {
    console: page("/"),
    createProject: `${CONSOLE}/projectcreate`, // for who has none
    enableGmailApi: page("/apis/library/gmail.googleapis.com"),
    branding: page("/auth/branding"),
    audience: page("/auth/audience"),
    dataAccess: page("/auth/scopes"),
    clients: page("/auth/clients"),
    createClient: page("/auth/clients/create"),
  };
}
