import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";

import type { Answer } from "./api.ts";

type Schema = Readonly<{ $ref?: string; type?: string; format?: string; examples?: readonly unknown[] }>;

type Examples = Readonly<{ example?: unknown; examples?: Readonly<Record<string, { value: unknown }>> }>;

type Media = Examples & Readonly<{ schema: Schema }>;

type Parameter = Media & Readonly<{ in: "path" | "query" | "header"; name: string; required: boolean }>;

type Response = Readonly<{ description: string; content?: Readonly<Record<string, Media>> }>;

type Operation = Readonly<{
  summary?: string;
  parameters?: readonly Parameter[];
  requestBody?: Readonly<{ content: Readonly<Record<string, Media>> }>;
  responses: Readonly<Record<string, Response>>;
}>;

export type Document = Readonly<{
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<{ schemas: Readonly<Record<string, Schema>> }>;
}>;

/** One call of the document, by its name: `GET /exports/{id}`. */
export type Call = Readonly<{ operation: Operation; name: string; method: string; path: string }>;

export type Request = Readonly<{ path: string; headers: Record<string, string>; body?: string }>;

export function callsIn({ paths }: Document): Call[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      return { operation, name: `${method} ${path}`, method, path };
    }),
  );
}

/** Examples of a body or a parameter, beside its schema or in it. */
export function examplesOf({ components }: Document, { example, examples, schema }: Media): readonly unknown[] {
  if (example !== undefined) return [example];
  if (examples) return Object.values(examples).map(({ value }) => value);
  const target = schema.$ref === undefined ? schema : components.schemas[schema.$ref.split("/").at(-1)!]!;
  return target.examples ?? [];
}

/** The requests that a call's examples make: the first of each example together, then the second of each, … */
export function requestsOf(document: Document, { path, operation }: Call): Request[] {
  const { parameters = [], requestBody } = operation;
  const media = Object.entries(requestBody?.content ?? {});
  const bodies = media.flatMap(([, one]) => examplesOf(document, one));
  const given = parameters.map((parameter) => ({ parameter, values: examplesOf(document, parameter) }));
  const number = Math.max(1, bodies.length, ...given.map(({ values }) => values.length));
  return Array.from({ length: number }, (_, i) => {
    const at = (values: readonly unknown[]): unknown => values[Math.min(i, values.length - 1)];
    const url = new URL("http://host");
    const headers: Record<string, string> = {};
    let address = path;
    for (const { parameter, values } of given) {
      const { in: place, name } = parameter;
      const value = String(at(values));
      if (values.length === 0) continue;
      if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(value));
      else if (place === "query") url.searchParams.set(name, value);
      else headers[name] = value;
    }
    const body = at(bodies);
    return {
      path: address + url.search,
      headers: body === undefined ? headers : { ...headers, "content-type": media[0]![0] },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  });
}

/** What the document says of a status; undefined when it does not have it. */
export function responseFor({ operation: { responses } }: Call, status: number): Response | undefined {
  return responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
}

/** Holds values against schemas of the document. Gives what is wrong, in words; "" when nothing is. */
export function validator(document: Document) {
  // Not strict: OpenAPI's own keywords are no keywords of JSON Schema.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "openapi", undefined, false);
  const check = (schema: object, value: unknown): string =>
    ajv.validate(schema, value) ? "" : ajv.errorsText(ajv.errors);
  const pointer = (...names: string[]): string =>
    names.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return {
    /** A value for the media at this place in the document. */
    at: (place: readonly string[], value: unknown) =>
      check({ $ref: `openapi#${encodeURI(pointer(...place, "schema"))}` }, value),
    component: (name: string, value: unknown) =>
      check({ $ref: `openapi#${pointer("components", "schemas", name)}` }, value),
  };
}

/** Where the media of a call's answer is in the document; undefined when the answer has none. */
export function placeOf(call: Call, { status, type }: Pick<Answer, "status" | "type">): string[] | undefined {
  const found = [String(status), `${Math.floor(status / 100)}XX`].find(
    (one) => call.operation.responses[one]?.content?.[type],
  );
  return found === undefined
    ? undefined
    : ["paths", call.path, call.method.toLowerCase(), "responses", found, "content", type];
}
