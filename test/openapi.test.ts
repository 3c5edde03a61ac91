import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import { writeCredentials } from "../simulator/stage.ts";
import { CONTENT_TYPES } from "../src/formats/content-kind.ts";
import { api, type Answer, type Api } from "./api.ts";
import { openBrowser } from "./browser.ts";
import { recordsIn } from "./exported.ts";
import { freePort } from "./free-port.ts";
import { callsIn, examplesOf, placeOf, requestsOf, responseFor, validator, type Document } from "./openapi.ts";
import { install, type Product, type Server } from "./product.ts";
import { reaches, standstill } from "./stage.ts";

/** The account, the export and the message that the examples name. */
const ACCOUNT = "you@gmail.com";
const EXPORT_ID = "b7c3925b-cae9-47a0-9b70-a9041387e2a4";
const MESSAGE_ID = "18c2a1f0b3d4e5f6";
const SCHEDULE_ID = "5d0c3c9e-2f0b-4a0e-8d57-0f8a4c1b7e63";

/** The key that they name. */
const API_KEY = "EXAMPLE/KEY+ONLY/32+bytes+in+base64/AAAAAAAA=";

/** No example shows bytes. */
const BINARY = new Set(["application/x-tar", "application/vnd.apache.parquet", ...CONTENT_TYPES]);

let google: SimulatedGoogle;
let product: Product;
let server: Server;
let w: Api;
let document: Document;
beforeAll(async () => {
  google = await simulateGoogle({
    accounts: [{ email: ACCOUNT, messages: 40 }],
    domain: {
      users: [{ email: "ada@example.com", unit: "/Engines/Cards" }, { email: "bob@example.com" }],
      administrators: ["ada@example.com"],
    },
  });
  product = await install({ url: google.url });
  server = await product.serve();
  w = api(server.url);
  document = (await w.get("/openapi.json")).body as unknown as Document;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await product[Symbol.asyncDispose]();
  await google[Symbol.asyncDispose]();
});

describe("every call in /openapi.json", () => {
  test("has a summary, and says of each status what it means", () => {
    for (const { name, operation } of callsIn(document)) {
      const { summary, responses } = operation;
      expect(summary, name).toMatch(/\S( \S+)+/);
      for (const [status, { description }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).toMatch(/\S+/);
        expect(description, `${name} ${status}`).not.toBe("Default Response");
      }
    }
  });

  test("says of each problem that it is one", () => {
    for (const { name, operation } of callsIn(document))
      for (const [status, { content = {} }] of Object.entries(operation.responses))
        if (/^[45]\d\d$/.test(status))
          expect(Object.keys(content), `${name} ${status}`).toEqual(["application/problem+json"]);
  });

  test("has an example of what must be sent and of what comes back, each good by its own schema", () => {
    const { at } = validator(document);
    for (const { name, path, method, operation } of callsIn(document)) {
      const { parameters = [], requestBody, responses } = operation;
      const root = ["paths", path, method.toLowerCase()];
      const places = [
        ...parameters.flatMap((parameter, i) =>
          parameter.required || examplesOf(document, parameter).length > 0
            ? [{ place: ["parameters", String(i)], media: parameter }]
            : [],
        ),
        ...Object.entries(requestBody?.content ?? {}).map(([type, media]) => ({
          place: ["requestBody", "content", type],
          media,
        })),
        ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
          Object.entries(content).flatMap(([type, media]) =>
            BINARY.has(type) ? [] : [{ place: ["responses", status, "content", type], media }],
          ),
        ),
      ];
      for (const { place, media } of places) {
        const examples = examplesOf(document, media);
        expect(examples.length, `${name} ${place.join(" ")}`).toBeGreaterThan(0);
        for (const example of examples) expect(at([...root, ...place], example), `${name} ${place.join(" ")}`).toBe("");
      }
    }
  });

  test("does what it says: each example is sent, from the set-up to the sign-out, and what comes back is as described", async () => {
    const { at } = validator(document);
    const calls = callsIn(document);
    const worked = new Set<string>();
    let message = MESSAGE_ID;
    await using locked = await product.serve({ API_KEY, PORT: String(await freePort()) });
    await using ofDomain = await product.serve({
      GOOGLE_SERVICE_ACCOUNT: google.domain().serviceAccount,
      GOOGLE_API_URL: google.url,
      GCE_METADATA_HOST: new URL(google.url).host,
      GOOGLE_ADMIN: "ada@example.com",
      STATE_DIR: "state-of-domain",
      PORT: String(await freePort()),
    });

    /** Holds an answer against the document. */
    const examine = (name: string, answer: Pick<Answer, "status" | "type" | "text">): void => {
      const call = calls.find((one) => one.name === name)!;
      const what = `${name}: ${answer.status} ${answer.type} ${answer.text.slice(0, 300)}`;
      expect(responseFor(call, answer.status), what).toBeDefined();
      const place = placeOf(call, answer);
      if (place === undefined) expect(answer.text, what).toBe("");
      else {
        const schema = responseFor(call, answer.status)!.content![answer.type]!.schema;
        const isText = schema.type === "string";
        expect(at(place, isText ? answer.text : JSON.parse(answer.text)), what).toBe("");
      }
      if (answer.status < 400) worked.add(name);
    };
    /** Sends the examples of a call, all or the one named, for the export that there really is. */
    const send = async (name: string, id = EXPORT_ID, which?: number): Promise<Answer[]> => {
      const call = calls.find((one) => one.name === name);
      if (!call) throw new Error(`no such call: ${name}`);
      const requests = requestsOf(document, call).filter((_, i) => which === undefined || i === which);
      const answers: Answer[] = [];
      for (const { path, headers, body } of requests) {
        const servers: Readonly<Record<string, Api>> = {
          "/session": api(locked.url),
          "/domain/accounts": api(ofDomain.url),
          "/domain/estimate": api(ofDomain.url),
          "/domain/exports": api(ofDomain.url),
        };
        const { call: ask } = servers[call.path] ?? w;
        const answer = await ask(
          call.method,
          path.replace(EXPORT_ID, id).replace(SCHEDULE_ID, id).replace(MESSAGE_ID, message),
          {
            headers,
            ...(body !== undefined && { body }),
          },
        );
        examine(name, answer);
        answers.push(answer);
      }
      return answers;
    };
    const start = async (example: number): Promise<string> =>
      (await send("POST /export/gmail", undefined, example))[0]!.body.job_id;

    for (const name of ["GET /healthz", "GET /readyz", "GET /metrics", "GET /setup", "PUT /setup/credentials"])
      await send(name);
    for (const name of ["POST /session", "GET /session", "DELETE /session"]) await send(name);
    await writeCredentials(google.credentials, product.folder); // the example's client is nobody's

    await send("GET /auth/gmail");
    await send("GET /auth/callback");
    const page = await openBrowser().visit(`${server.url}/auth/gmail?email=${ACCOUNT}`);
    expect(new URL(page.url).pathname).toBe("/auth/callback");
    examine("GET /auth/callback", { status: page.status, type: "text/html", text: page.text });
    for (const name of ["GET /auth/status", "GET /accounts", "GET /doctor", "GET /work", "POST /exports/estimate"])
      await send(name);

    google.faults.add(standstill(1));
    const stopped = await start(0);
    for (const name of ["GET /exports", "GET /exports/{id}", "POST /exports/{id}/pause"]) await send(name, stopped);
    await reaches(w, stopped, "paused");
    for (const name of ["POST /exports/{id}/resume", "POST /exports/{id}/cancel"]) await send(name, stopped);
    await reaches(w, stopped, "cancelled");
    google.faults.clear();

    google.faults.add({ kind: "apiDisabled" });
    const whole = await start(1);
    await reaches(w, whole, "failed");
    google.faults.clear();
    await send("POST /exports/{id}/retry-failed", whole);
    const { output_directory } = await reaches(w, whole, "completed");
    message = (await recordsIn(output_directory)).find(({ Body }) => Body.html !== "")!["Message-ID"];
    for (const name of [
      "GET /exports/{id}",
      "GET /exports/{id}/events",
      "GET /exports/{id}/files/{name}",
      "GET /exports/{id}/archive",
      "GET /exports/{id}/records",
      "GET /exports/{id}/records/{message_id}",
      "GET /exports/{id}/records/{message_id}/html",
      "GET /exports/{id}/statistics",
      "GET /exports/{id}/changes",
      "POST /exports/{id}/verify",
      "GET /exports/{id}/verify",
    ])
      await send(name, whole);
    const withAll = await start(2);
    const { output_directory: full } = await reaches(w, withAll, "completed");
    message = (await recordsIn(full)).find(({ Attachments }) => Attachments.length > 0)!["Message-ID"];
    for (const name of [
      "GET /exports/{id}/records/{message_id}/original",
      "GET /exports/{id}/records/{message_id}/attachments/{n}",
    ])
      await send(name, withAll);
    await send("DELETE /exports/{id}", stopped);

    const [nightly] = await send("POST /schedules");
    for (const name of ["GET /schedules", "GET /schedules/preview", "GET /schedules/{id}", "PATCH /schedules/{id}"])
      await send(name, nightly!.body.id);
    const [run] = await send("POST /schedules/{id}/run", nightly!.body.id);
    await reaches(w, run!.body.id, "completed");
    await send("DELETE /schedules/{id}", nightly!.body.id);

    for (const name of ["GET /domain/accounts", "POST /domain/estimate", "POST /domain/exports"]) await send(name);

    await send("DELETE /auth");
    expect([...worked].toSorted()).toEqual(calls.map(({ name }) => name).toSorted());
  });
});
