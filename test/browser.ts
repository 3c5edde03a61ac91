import { PATIENCE_MS } from "./wait.ts";

/** A page, and how the browser got there. */
export type Page = Readonly<{
  url: string;
  status: number;
  headers: Headers;
  text: string;
  /** Every address that answered, the last one included. */
  path: readonly string[];
}>;

/** A browser as far as signing in needs one: cookies by host and path (RFC 6265), and redirects followed by hand. */
export type Browser = Readonly<{
  /** One answer, whatever it is; a form is posted when there is one. */
  step(url: string, form?: URLSearchParams): Promise<Page>;
  /** Follows redirects to the page at their end, or to the address `stopAt` (not asked for). */
  visit(url: string, stopAt?: (url: URL) => boolean): Promise<Page>;
}>;

type Cookie = Readonly<{ host: string; path: string; name: string; value: string }>;

export function openBrowser(): Browser {
  const jar = new Map<string, Cookie>();

  const keep = (from: URL, header: string): void => {
    const [pair = "", ...attributes] = header.split(/;\s*/);
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
    const given = (attribute: string): string | undefined =>
      attributes.find((one) => one.startsWith(`${attribute}=`))?.slice(attribute.length + 1);
    const cookie = { host: from.hostname, path: given("Path") ?? "/", name, value };
    const key = `${cookie.host} ${cookie.path} ${name}`;
    const isOver = given("Max-Age") === "0" || Date.parse(given("Expires") ?? "") < Date.now();
    if (isOver) jar.delete(key);
    else jar.set(key, cookie);
  };

  const cookiesFor = ({ hostname, pathname }: URL): string =>
    [...jar.values()]
      .filter(
        ({ host, path }) => host === hostname && (pathname === path || pathname.startsWith(path.replace(/\/?$/, "/"))),
      )
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");

  const step: Browser["step"] = async (address, form) => {
    const url = new URL(address);
    const cookie = cookiesFor(url);
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { accept: "text/html,application/xhtml+xml", ...(cookie !== "" && { cookie }) },
      ...(form && { method: "POST", body: form }),
    });
    for (const header of response.headers.getSetCookie()) keep(url, header);
    const { status, headers } = response;
    return { url: url.href, status, headers, text: await response.text(), path: [url.href] };
  };

  return {
    step,
    async visit(url, stopAt = () => false) {
      const path: string[] = [];
      for (let next = new URL(url); path.length < 10;) {
        const page = await step(next.href);
        path.push(page.url);
        const location = page.headers.get("location");
        if (location === null) return { ...page, path };
        next = new URL(location, next);
        if (stopAt(next)) return { ...page, url: next.href, path };
      }
      throw new Error(`redirected without end: ${path.join(" ")}`);
    },
  };
}
