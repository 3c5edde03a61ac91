import { computed, signal } from "@preact/signals";

/**
 * Where in the console the person is, from the address behind its `#`. Only ids stand there: what was searched for is
 * mail, and an address is kept in the browser's history.
 */
export type Route =
  | { page: "exports" }
  | { page: "new" }
  | { page: "export"; id: string }
  | { page: "mail"; id: string; message?: string }
  | { page: "statistics"; id: string }
  | { page: "changes"; id: string }
  | { page: "schedules" }
  | { page: "new-schedule" }
  | { page: "accounts" }
  | { page: "domain" }
  | { page: "work" }
  | { page: "setup" }
  | { page: "doctor" }
  | { page: "unknown" };

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const route = computed(() => routeOf(hash.value));

function routeOf(address: string): Route {
  const [page = "", id, view, message] = address
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  switch (page) {
    case "":
      return { page: "exports" };
    case "new":
    case "accounts":
    case "domain":
    case "work":
    case "setup":
    case "doctor":
      return id === undefined ? { page } : { page: "unknown" };
    case "exports":
      if (id === undefined) return { page: "exports" };
      if (view === undefined) return { page: "export", id };
      if (view === "mail") return message === undefined ? { page: "mail", id } : { page: "mail", id, message };
      return view === "statistics" || view === "changes" ? { page: view, id } : { page: "unknown" };
    case "schedules":
      if (id === undefined) return { page: "schedules" };
      return id === "new" && view === undefined ? { page: "new-schedule" } : { page: "unknown" };
    default:
      return { page: "unknown" };
  }
}

/** The address of a route, for links. */
export function to(target: Exclude<Route, { page: "unknown" }>): string {
  switch (target.page) {
    case "exports":
      return "#/";
    case "export":
      return `#/exports/${encodeURIComponent(target.id)}`;
    case "mail":
      return `#/exports/${encodeURIComponent(target.id)}/mail${target.message === undefined ? "" : `/${encodeURIComponent(target.message)}`}`;
    case "statistics":
    case "changes":
      return `#/exports/${encodeURIComponent(target.id)}/${target.page}`;
    case "new-schedule":
      return "#/schedules/new";
    default:
      return `#/${target.page}`;
  }
}

export function go(target: Parameters<typeof to>[0]): void {
  location.hash = to(target);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
