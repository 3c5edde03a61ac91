import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";

import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";

import { readSettings, SECRET_SETTINGS, type Env } from "../src/config.ts";
import { runAlone } from "../src/surfaces/cli/testing.ts";

const CLUSTER = join(import.meta.dirname, "..", "docs", "operations", "cluster");
const read = (name: string): Promise<string> => readFile(join(CLUSTER, name), "utf8");

type Values = Readonly<Record<string, string>>;
type Mount = Readonly<{ name: string; mountPath: string; readOnly?: boolean }>;
type Probe = Readonly<{
  httpGet: { path: string; port: string; httpHeaders: readonly { name: string; value: string }[] };
}>;

type Container = Readonly<{
  name: string;
  image: string;
  args: readonly string[];
  env?: readonly { name: string; value: string }[];
  envFrom: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: readonly { name: string; containerPort: number }[];
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  securityContext: object;
  volumeMounts: readonly Mount[];
}>;

type Pod = Readonly<{
  terminationGracePeriodSeconds: number;
  securityContext: Readonly<{ runAsNonRoot: boolean; runAsUser: number }>;
  initContainers: readonly Container[];
  containers: readonly Container[];
  volumes: readonly { name: string; emptyDir?: object; secret?: object }[];
}>;

type Resource = Readonly<{
  kind: string;
  metadata: { name: string };
  data?: Values;
  spec: { template: { spec: Pod }; ports: readonly { targetPort: string }[] };
}>;

type Service = Readonly<{
  image: string;
  user?: string;
  command: readonly string[];
  environment: Values;
  env_file?: readonly string[];
  read_only?: boolean;
  cap_drop?: readonly string[];
  security_opt?: readonly string[];
  stop_grace_period?: string;
  tmpfs?: readonly string[];
  volumes?: readonly string[];
  ports?: readonly string[];
  healthcheck?: { test: readonly string[] };
}>;

/** One program of a deployment, however it is written down. */
type Deployed = Readonly<{
  where: string;
  command: readonly string[];
  settings: Values;
  graceSeconds: number;
  /** Folders that it may write, and those of the files that it is given. */
  writable: readonly string[];
  given: readonly string[];
}>;

/** Of a server of ours that is stopped, the longest: SIGTERM to everything durable (docs/operations/gmail-export.service). */
const LONGEST_STOP_SECONDS = 60;

const secrets = async (): Promise<Values> => {
  const lines = (await read("secrets.env")).split("\n").filter((line) => /^[A-Z]/.test(line));
  const written = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  const key = Buffer.alloc(32, 1).toString("base64");
  return { ...Object.fromEntries(written), API_KEY: key, TOKEN_ENCRYPTION_KEY: key };
};

async function resources(): Promise<readonly Resource[]> {
  const documents = parseAllDocuments(await read("kubernetes.yaml"));
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([]);
  return documents.map((document): Resource => document.toJS());
}

async function composed(): Promise<Readonly<Record<string, Service>>> {
  return parse(await read("compose.yaml"), { merge: true }).services;
}

async function inKubernetes(): Promise<readonly (Deployed & { pod: Pod; container: Container })[]> {
  const all = await resources();
  const config = all.find(({ kind }) => kind === "ConfigMap")!;
  return Promise.all(
    all
      .filter(({ kind }) => kind === "Deployment")
      .map(async ({ metadata: { name }, spec }) => {
        const pod = spec.template.spec;
        const container = pod.containers[0]!;
        const own = Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value]));
        const memory = new Set(pod.volumes.filter(({ emptyDir }) => emptyDir).map((volume) => volume.name));
        const mounted = container.volumeMounts;
        expect(container.envFrom).toEqual([
          { configMapRef: { name: config.metadata.name } },
          { secretRef: { name: "gmail-export" } },
        ]);
        return {
          where: `kubernetes.yaml, ${name}`,
          command: container.args,
          settings: { ...config.data, ...own, ...(await secrets()) },
          graceSeconds: pod.terminationGracePeriodSeconds,
          writable: mounted.filter((one) => !one.readOnly && memory.has(one.name)).map(({ mountPath }) => mountPath),
          given: mounted.filter(({ readOnly }) => readOnly).map(({ mountPath }) => mountPath),
          pod,
          container,
        };
      }),
  );
}

async function inCompose(): Promise<readonly (Deployed & { service: Service })[]> {
  const { server, worker } = await composed();
  return Promise.all(
    Object.entries({ server: server!, worker: worker! }).map(async ([name, service]) => {
      const mounted = (service.volumes ?? []).map((volume) => volume.split(":"));
      return {
        where: `compose.yaml, ${name}`,
        command: service.command,
        settings: { ...service.environment, ...(await secrets()) },
        graceSeconds: Number(/^(\d+)s$/.exec(service.stop_grace_period!)![1]),
        writable: [
          ...(service.tmpfs ?? []).map((one) => one.split(":")[0]!),
          ...mounted.filter(([, , mode]) => mode !== "ro").map(([, path]) => path!),
        ],
        given: mounted.filter(([, , mode]) => mode === "ro").map(([, path]) => path!),
        service,
      };
    }),
  );
}

const deployed = async (): Promise<readonly Deployed[]> => [...(await inKubernetes()), ...(await inCompose())];

/** Every name that the program asks its environment for. */
function namesAsked(settings: Values): ReadonlySet<string> {
  const asked = new Set<string>();
  const env = new Proxy<Env>(settings, {
    get(target, name) {
      asked.add(String(name));
      return target[String(name)];
    },
  });
  readSettings(env, "/");
  return asked;
}

test("there is a server and there are workers, in both, and what they are called with are commands of the program", async () => {
  const all = await deployed();
  expect(all.map(({ command }) => command)).toEqual([
    ["serve", "--no-work"],
    ["worker"],
    ["serve", "--no-work"],
    ["worker"],
  ]);
  for (const { command } of all) {
    const { code, stdout } = await runAlone([command[0]!, "--help"]);
    expect(code).toBe(0);
    for (const option of command.slice(1)) expect(stdout).toContain(option);
  }
  expect(await read("Dockerfile")).toMatch(/^CMD \["serve"\]$/m);
});

test("every setting is one of the program's, with a value that it takes", async () => {
  for (const { where, settings } of await deployed()) {
    expect(readSettings(settings, "/var/lib/gmail-export").problems, where).toEqual([]);
    const asked = namesAsked(settings);
    expect(
      Object.keys(settings).filter((name) => !asked.has(name)),
      where,
    ).toEqual([]);
  }
});

test("secrets come from a file, and stand in no manifest", async () => {
  const secret = Object.keys(await secrets());
  expect(secret).toEqual(expect.arrayContaining(["DATABASE_URL", "API_KEY", "TOKEN_ENCRYPTION_KEY"]));
  for (const name of [...secret, ...SECRET_SETTINGS])
    for (const file of ["kubernetes.yaml", "compose.yaml", "Dockerfile"])
      expect((await read(file)).split("\n").filter((line) => line.trim().startsWith(`${name}:`))).toEqual([]);
  const { server, worker, database } = await composed();
  for (const service of [server!, worker!]) expect(service.env_file).toEqual(["secrets.env"]);
  expect(Object.keys(database!.environment)).not.toContain("POSTGRES_PASSWORD");
  expect(await read("Dockerfile.dockerignore")).toMatch(/^\*$/m); // nothing that is not named gets into an image
});

test("what is stopped has time to make everything durable", async () => {
  for (const { where, graceSeconds } of await deployed())
    expect(graceSeconds, where).toBeGreaterThan(LONGEST_STOP_SECONDS);
});

test("nobody is root, nothing of the system can be written, and what the program writes lies where it may", async () => {
  for (const { pod, container } of await inKubernetes()) {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
    for (const one of [...pod.initContainers, container])
      expect(one.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    for (const { name } of [...pod.initContainers, container].flatMap(({ volumeMounts }) => volumeMounts))
      expect(pod.volumes.map((volume) => volume.name)).toContain(name);
  }
  for (const { service } of await inCompose())
    expect(service).toMatchObject({ user: "10001:10001", read_only: true, cap_drop: ["ALL"] });
  expect(await read("Dockerfile")).toMatch(/^USER 10001:10001$/m);
  for (const { where, settings, writable, given } of await deployed()) {
    const isBelow = (folders: readonly string[], path: string): boolean =>
      folders.some((folder) => !posix.relative(folder, path).startsWith(".."));
    for (const name of ["STATE_DIR", "TOKEN_DIR"]) expect(isBelow(writable, settings[name]!), where).toBe(true);
    expect(isBelow(writable, "/tmp"), where).toBe(true);
    expect(isBelow(given, settings["GOOGLE_CREDENTIALS_PATH"]!), where).toBe(true);
    expect(settings["EXPORT_DIR"], where).toMatch(/^s3:/); // no worker's own disk
  }
});

test("who asks whether the server is well asks at its port, at addresses that there are, and by its name", async () => {
  const [server] = await inKubernetes();
  const { container, settings } = server!;
  const port = container.ports![0]!;
  expect(String(port.containerPort)).toBe(settings["PORT"]);
  const routes = await readFile(join(CLUSTER, "../../../src/surfaces/http/operations/health-routes.ts"), "utf8");
  for (const [probe, path] of [
    [container.readinessProbe, "/readyz"],
    [container.livenessProbe, "/healthz"],
  ] as const) {
    expect(probe!.httpGet).toMatchObject({ path, port: port.name });
    expect(routes).toContain(`"${path}"`);
    const host = new URL(settings["OAUTH_REDIRECT_URI"]!).hostname;
    expect(probe!.httpGet.httpHeaders).toEqual([{ name: "Host", value: host }]);
  }
  const service = (await resources()).find(({ kind }) => kind === "Service")!;
  expect(service.spec.ports[0]!.targetPort).toBe(port.name);

  const { service: composedServer } = (await inCompose())[0]!;
  expect(composedServer.ports).toEqual([
    `127.0.0.1:${composedServer.environment["PORT"]}:${composedServer.environment["PORT"]}`,
  ]);
  expect(composedServer.healthcheck!.test.at(-1)).toContain(
    `http://localhost:${composedServer.environment["PORT"]}/readyz`,
  );
});
