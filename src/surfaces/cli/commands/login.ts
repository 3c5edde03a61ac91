import { createServer } from "node:http";

import { ExportError, failureOf, refuse } from "../../../core/errors.ts";
import type { SignInStart } from "../../../core/ports/accounts.ts";
import { refusedPage, signedInPage } from "../../pages.ts";
import type { Services } from "../services.ts";
import type { Messages } from "../words/messages.ts";
import { answerIn, readPastedAddress } from "./pasted-address.ts";

type LoginOptions = Readonly<{ browser: boolean }>;

type LoginServices = Services & Readonly<{ messages: Messages }>;

/**
 * Signs in from a terminal. A server on the loopback interface receives the browser (RFC 8252 §7.3); without a browser
 * here, the address that the browser elsewhere ends at is pasted instead. Resolves with the account.
 */
export async function login(
  services: LoginServices,
  account: string,
  options: LoginOptions,
  signal: AbortSignal,
): Promise<string> {
  const { accounts, terminal, openBrowser, messages: w } = services;
  const ended = new AbortController();
  const limit = AbortSignal.any([signal, ended.signal]);
  await using receiver = await receive(services);
  const start = await accounts.begin(account, receiver.redirectUri);
  try {
    if (options.browser && receiver.listens) {
      terminal.inform(...w.opening(start.url));
      // Not waited for: the browser may be back before that is known.
      void openBrowser(start.url).catch(() => terminal.inform(w.noBrowser));
      return await receiver.arrival(start, limit);
    }
    terminal.inform(...w.openThis(start.url));
    terminal.inform(w.endsAt(receiver.redirectUri));
    return await Promise.race([receiver.arrival(start, limit), pasted(services, start, limit)]);
  } finally {
    ended.abort();
  }
}

/** The address of the browser's last page, pasted. */
async function pasted(
  { accounts, terminal, messages: w }: LoginServices,
  start: SignInStart,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const line = await terminal.ask(w.paste, signal);
    if (line === undefined)
      throw refuse("sign_in_refused", "No address was pasted.", "Run the command again and paste the whole address.");
    const answer = readPastedAddress(line);
    if (answer) return accounts.finish(answer, start.browserKey, signal);
    terminal.inform(w.notWhole);
  }
}

type Receiver = AsyncDisposable &
  Readonly<{
    redirectUri: string;
    listens: boolean;
    arrival(start: SignInStart, signal: AbortSignal): Promise<string>;
  }>;

/** Listens where Google sends the browser back. */
async function receive({ accounts, clientKind, redirectUri, messages: w }: LoginServices): Promise<Receiver> {
  const registered = (await clientKind()) === "web" ? redirectUri : undefined;
  // A web client may only come back to an address of the web: then what the browser ends at is pasted.
  if (registered?.protocol === "https:") return elsewhere(registered);
  const server = createServer();
  const port = registered ? Number(registered.port) || 80 : 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        refuse(
          "settings_invalid",
          `Port ${port} cannot be listened on (${error.code}), and this web client may only come back there.`,
          "Stop what listens there (perhaps `gmail-export serve`: then sign in at /auth/gmail), or use a desktop client.",
        ),
      ),
    );
    server.listen(port, registered?.hostname === "localhost" ? "localhost" : "127.0.0.1", resolve);
  });
  const address = server.address();
  const here = typeof address === "object" && address ? `http://127.0.0.1:${address.port}/` : "";
  return {
    redirectUri: registered?.href ?? here,
    listens: true,
    arrival: (start, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        server.on("request", (request, response) => {
          const url = URL.parse(request.url ?? "/", here); // any page may send what is no address at all
          if (!url?.searchParams.has("state")) {
            response.writeHead(404).end(); // a browser also asks for its icon
            return;
          }
          /** Resolves when the page has gone out, or its reader has. */
          const answer = (status: number, page: string): Promise<void> => {
            response.writeHead(status, {
              "content-type": "text/html; charset=utf-8",
              "cache-control": "no-store",
              connection: "close",
            });
            return new Promise((sent) => response.once("close", sent).end(page, sent));
          };
          accounts.finish(answerIn(url.searchParams), start.browserKey, signal).then(
            (account) => answer(200, signedInPage(w.language, account)).then(() => resolve(account)),
            (error: unknown) => {
              const failure = failureOf(error);
              const answered = answer(400, failure ? refusedPage(w.language, failure) : "");
              if (failure?.code === "state_invalid") return; // anybody may knock here; the answer to our question is still to come
              void answered.then(() => reject(failure ? new ExportError(failure) : error));
            },
          );
        });
      }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections(); // some may never say a word
      await closed;
    },
  };
}

function elsewhere(registered: URL): Receiver {
  return {
    redirectUri: registered.href,
    listens: false,
    arrival: (_start, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
    async [Symbol.asyncDispose]() {},
  };
}
