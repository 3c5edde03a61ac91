import type { ModuleFacts } from "./module-facts.ts";

/**
 * What code may do to the world, or learn of it, beyond its arguments. `chance` is Math.random and its like; `secrets` are
 * random bytes that nobody may choose, such as keys, nonces and ids; `process` is this process, its machine and its terminal.
 */
export type Power = "network" | "disk" | "time" | "chance" | "secrets" | "process" | "unknown";

/** What a module of Node's gives the power to do; with names, what these alone do instead. Unlisted modules are `unknown`. */
const NODE: Readonly<Record<string, readonly [Power | "none", Readonly<Record<string, Power | "none">>?]>> = {
  "node:async_hooks": ["none"],
  "node:buffer": ["none"],
  "node:crypto": [
    "none",
    {
      randomInt: "chance",
      randomBytes: "secrets",
      randomUUID: "secrets",
      randomFillSync: "secrets",
      randomFill: "secrets",
    },
  ],
  "node:dns": ["network"],
  "node:dns/promises": ["network"],
  "node:events": ["none"],
  "node:fs": ["disk", { constants: "none" }],
  "node:fs/promises": ["disk", { constants: "none" }],
  "node:http": ["network", { STATUS_CODES: "none" }],
  "node:https": ["network"],
  "node:net": ["network", { isIP: "none", isIPv4: "none", isIPv6: "none", BlockList: "none" }],
  "node:path": ["none"],
  "node:perf_hooks": ["time"],
  "node:sqlite": ["disk"],
  "node:stream": ["none"],
  "node:stream/consumers": ["none"],
  "node:stream/promises": ["none"],
  "node:string_decoder": ["none"],
  "node:timers": ["time", { setImmediate: "none" }],
  "node:timers/promises": ["time", { setImmediate: "none" }], // others get a turn; no time is told or waited for
  "node:tls": ["network"],
  "node:url": ["none"],
  "node:util": ["none"],
  "node:zlib": ["none"],
  ...Object.fromEntries(
    ["child_process", "module", "os", "process", "readline", "readline/promises", "v8", "vm", "worker_threads"].map(
      (name) => [`node:${name}`, ["process"]] as const,
    ),
  ),
};

/** The same of packages: what they do by themselves, not by what they are given. Unlisted packages are `unknown`. */
const PACKAGES: Readonly<Record<string, Power | "none">> = {
  "@csstools/css-tokenizer": "none",
  "@fastify/cookie": "none",
  "@fastify/helmet": "none",
  "@fastify/rate-limit": "none",
  "@fastify/static": "none",
  "@fastify/swagger": "none",
  "@napi-rs/keyring": "disk",
  "@scalar/fastify-api-reference": "none",
  aws4fetch: "network", // it signs without; what fetches is not imported
  commander: "none",
  croner: "time", // where it is given no moment
  "css-tree": "none",
  entities: "none",
  fastify: "none",
  "fastify-type-provider-zod": "none",
  "google-auth-library": "network",
  hyparquet: "none", // but for what reads files, which is not imported
  "hyparquet-writer": "none",
  "iconv-lite": "none",
  libmime: "none",
  "log-update": "process",
  oauth4webapi: "network",
  open: "process",
  parse5: "none",
  pg: "network",
  "pg-boss": "none", // works over the connections that it is given
  pino: "process",
  "prom-client": "none",
  "sanitize-html": "none",
  undici: "network",
  zod: "none",
};

/** Names of the language and of the platform that compute and do nothing else. */
const PURE: ReadonlySet<string> = new Set(
  `AbortController AbortSignal.abort AbortSignal.any AggregateError Array ArrayBuffer BigInt BigUint64Array Boolean Buffer DOMException
  DataView Error Event EventTarget FinalizationRegistry Float32Array Float64Array Headers Infinity Int32Array Int8Array Intl
  Iterator JSON Map NaN Number Object Promise RangeError ReadableStream Reflect RegExp Set SharedArrayBuffer String Symbol
  SyntaxError TextDecoder TextDecoderStream TextEncoder TransformStream TypeError URL URLSearchParams Uint16Array Uint32Array
  Uint8Array WeakMap WeakRef WeakSet WritableStream AsyncDisposableStack DisposableStack Proxy AbortSignal
  atob btoa decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt queueMicrotask
  structuredClone undefined`.split(/\s+/),
);

/** Names that mean one thing with one question and another with the next. */
const GLOBALS: readonly (readonly [RegExp, Power | "none"])[] = [
  [/^Date\.(UTC|parse|prototype)$|^new Date\(…\)$/, "none"],
  [/^(Date|new Date\(\))(\.|$)/, "time"], // now, and Date itself under another name
  [/^AbortSignal\.timeout$|^Temporal\b|^performance\b|^(set|clear)(Timeout|Interval|Immediate)$/, "time"],
  [/^Math\.(?!random$)\w+$/, "none"],
  [/^Math\b/, "chance"],
  [/^(crypto|Crypto)\b/, "secrets"],
  [/^(new )?(fetch|Request|WebSocket|EventSource|XMLHttpRequest|BroadcastChannel|navigator)\b/, "network"],
  [/^process\.platform$/, "none"], // a constant
  [/^process\.getuid$/, "disk"], // whose files are ours
  [/^(process|console|globalThis|global|require|module|eval)\b/, "process"],
];

/** The powers that a module takes for itself, each with what gives it: `time: AbortSignal.timeout`. */
export function powersOf({ imports, globals }: ModuleFacts): readonly { power: Power; through: string }[] {
  const found = [
    ...imports
      .filter(({ from, onlyTypes }) => !onlyTypes && !from.startsWith("."))
      .flatMap(({ from, names }) =>
        (names.length > 0 ? names : ["*"]).map((name) => ({ power: ofImport(from, name), through: `${from} ${name}` })),
      ),
    ...globals.map((use) => ({ power: ofGlobal(use), through: use })),
  ];
  return found.filter((one): one is { power: Power; through: string } => one.power !== "none");
}

function ofImport(from: string, name: string): Power | "none" {
  const node = NODE[from];
  if (node) {
    const [whole, named = {}] = node;
    if (name !== "*" && name !== "default") return named[name] ?? whole;
    return [whole, ...Object.values(named)].find((power) => power !== "none") ?? "none";
  }
  const [scope, rest] = from.split("/");
  return PACKAGES[scope!.startsWith("@") ? `${scope}/${rest}` : scope!] ?? "unknown";
}

function ofGlobal(use: string): Power | "none" {
  const special = GLOBALS.find(([pattern]) => pattern.test(use));
  if (special) return special[1];
  const name = use.replace(/^new (\w+)\(.*$/, "$1");
  return PURE.has(name) || PURE.has(name.split(".")[0]!) ? "none" : "unknown";
}
