import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { canonicalAccount } from "../../../core/account.ts";
import { ExportError, failureOf } from "../../../core/errors.ts";
import { assertReadable } from "../../../pipeline/domain/assert-readable.ts";
import { countMail } from "../../../pipeline/domain/count-mail.ts";
import { exportedSoFar, type ExportedSoFar } from "../../../pipeline/domain/exported-so-far.ts";
import { viewOfCountedMail, viewOfCounted, viewOfLimits } from "../../domain-view.ts";
import { clientGone } from "../client-gone.ts";
import { describeAnswer, describeProblems, INVALID_FIELDS } from "../contract/answers.ts";
import { cursorAfter, sendBadCursor, textBefore } from "../contract/cursor.ts";
import { DOMAIN_ACCOUNT, EXPORT_ID } from "../contract/examples.ts";
import { viewOf } from "../exports/export-view.ts";
import { NewExport, requestIn } from "../exports/new-export.ts";
import type { Common, DomainExportServices } from "../services.ts";
import { CountedAccount, DomainAccount, DomainLimits, Failed } from "./domain-account.ts";
import { rememberAccounts } from "./remember-accounts.ts";

const DomainAccounts = z
  .object({ accounts: z.array(DomainAccount), next_cursor: z.string().nullable() })
  .meta({ id: "DomainAccounts", examples: [{ accounts: [DOMAIN_ACCOUNT], next_cursor: null }] });

/** As many as a body has room for; who has more sends them in parts. */
const MOST_ACCOUNTS = 1_000;

/** Mailboxes that one request has asked: each takes a token first, and the client waits. */
const MOST_COUNTED = 200;

const NewDomainEstimate = z
  .strictObject({ accounts: z.array(z.email()).min(1).max(MOST_COUNTED) })
  .meta({ id: "NewDomainEstimate", examples: [{ accounts: ["ada@example.com", "bob@example.com"] }] });

const DomainEstimate = z.object({ accounts: z.array(CountedAccount), limits: DomainLimits }).meta({
  id: "DomainEstimate",
  examples: [
    {
      accounts: [{ email: "ada@example.com", messages: 12_345, conversations: 6_420, units: 246_925, exported: null }],
      limits: { tier: "2026", units_per_minute: 6_000, project_units_per_minute: 1_200_000, concurrency: 4 },
    },
  ],
});

const Query = z
  .strictObject({
    unit: z
      .string()
      .max(500)
      .optional()
      .meta({ examples: ["/Engines"] }),
    group: z.email().optional(),
    match: z
      .string()
      .max(300)
      .optional()
      .meta({ examples: ["*@example.com"] }),
    count: z.stringbool().default(true).describe("Ask each mailbox of the page how much it holds (1 unit an account)."),
    limit: z.coerce.number().int().min(1).max(MOST_ACCOUNTS).default(50),
    cursor: z.string().max(1_000).optional(),
  })
  .refine(({ count, limit }) => !count || limit <= MOST_COUNTED, {
    path: ["limit"],
    message: `must be at most ${MOST_COUNTED} where mailboxes are asked how much they hold`,
  });

const NewDomainExports = NewExport.omit({ email: true, was: true, output_dir: true })
  .extend({ accounts: z.array(z.email()).min(1).max(MOST_ACCOUNTS) })
  .meta({
    id: "NewDomainExports",
    examples: [
      { accounts: ["ada@example.com", "bob@example.com"] },
      { accounts: ["ada@example.com"], attachments: true },
    ],
  });

const Begun = z.union([
  z.object({ email: z.string(), job_id: z.string(), state: z.string(), output_directory: z.string() }),
  z.object({ email: z.string(), failure: Failed }),
]);

export const DomainExports = z.object({ exports: z.array(Begun) }).meta({
  id: "DomainExports",
  examples: [
    {
      exports: [
        {
          email: "ada@example.com",
          job_id: EXPORT_ID,
          state: "queued",
          output_directory: "/home/you/mail/data/ada@example.com",
        },
        {
          email: "bob@example.com",
          failure: {
            code: "directory_busy",
            message: "Another unfinished export has this directory.",
            next: "Wait until it has ended, or cancel it.",
          },
        },
      ],
    },
  ],
});

const UNREACHABLE = {
  403: "The administrator that GOOGLE_ADMIN names may not read the directory.",
  502: "Google answered with an error of its own.",
  503: "No service account is set up, its access is not delegated (`delegation_missing`), GOOGLE_ADMIN is not set, or the Admin SDK API is off.",
  504: "Google did not answer.",
};

export function domainRoutes(services: DomainExportServices & Common): FastifyPluginAsyncZod {
  const { domain, queue, accounts, chooseDirectory, directoryIsFree, mayUseDirectory, readDirectory, clock, log } =
    services;
  const findAccounts = rememberAccounts(domain.directory, clock);

  /** A directory that cannot be understood is told by its export, and by verify. */
  const exportedOf = async (email: string): Promise<ExportedSoFar | undefined> => {
    const manifest = await readDirectory.manifest(await chooseDirectory(email, undefined)).catch(() => undefined);
    return manifest && exportedSoFar(manifest);
  };

  /** One export, as `POST /export/gmail` would start it; names of labels are looked up by the export itself. */
  const begin = async (body: z.infer<typeof NewExport>): Promise<z.infer<typeof Begun>> => {
    const { email } = body;
    try {
      const status = await accounts.status(email);
      if (!status.authenticated) throw notSignedIn(email);
      const request = requestIn(body, await chooseDirectory(email, undefined));
      await directoryIsFree(request.directory);
      await mayUseDirectory(request);
      const { id, state, output_directory } = viewOf(await queue.add(request));
      return { email, job_id: id, state, output_directory };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      const { code, message, next } = failure;
      return { email, failure: { code, message, next } };
    }
  };

  return async (app) => {
    app.get(
      "/domain/accounts",
      {
        schema: {
          tags: ["domain"],
          summary: "Who is in the domain, by address",
          description:
            "The users of a Google Workspace domain, which a service account reads, through the eyes of GOOGLE_ADMIN: all, or those of a unit and the units below it (`unit`), of a group and the groups inside it (`group`), and whose address fits (`match`, with `*` for any text; without an `@` it is about the part before it). Who is suspended or archived is among them. The directory is read at most once a minute.",
          querystring: Query,
          response: {
            200: describeAnswer("One page; with `next_cursor` as `cursor`, the list goes on behind it", DomainAccounts),
            ...describeProblems({
              400: "The domain has no such group, or nobody in such a unit.",
              422: INVALID_FIELDS,
              ...UNREACHABLE,
            }),
          },
        },
      },
      async ({ query: { unit, group, match, count, limit, cursor } }, reply) => {
        const question = { list: "domain", unit, group, match };
        const after = cursor === undefined ? "" : textBefore(cursor, question);
        if (after === undefined) return sendBadCursor(reply);
        const signal = clientGone(reply);
        const { users } = await findAccounts({ unit, group, match }, signal);
        const rest = users.filter(({ email }) => email > after);
        const page = rest.slice(0, limit);
        const counted = count ? await countMail(page, domain.readProfile, signal) : page.map((user) => ({ user }));
        const { tier } = await domain.limits();
        const isLast = rest.length <= limit;
        return {
          accounts: counted.map((one) => viewOfCounted(one, tier)),
          next_cursor: isLast ? null : cursorAfter(page.at(-1)!.email, question),
        };
      },
    );

    app.post(
      "/domain/estimate",
      {
        schema: {
          tags: ["domain"],
          summary: "How much mail these accounts have, and what exporting it takes",
          description:
            "Asks each mailbox how much it holds (1 unit an account), and looks what is exported of it already. With the `limits` follows the time that all of them take: not faster than each account, than `concurrency` accounts at once, and than the project may. One that cannot be read has a `failure`, and stops no other; what stands in the way of all is answered in place of all.",
          querystring: z.strictObject({}),
          body: NewDomainEstimate,
          response: {
            200: describeAnswer("Each of them once, in the order of the request", DomainEstimate),
            ...describeProblems({ 422: INVALID_FIELDS, ...UNREACHABLE }),
          },
        },
      },
      async ({ body }, reply) => {
        const each = new Map(body.accounts.map((email) => [canonicalAccount(email), email]));
        const signal = clientGone(reply);
        const limits = await domain.limits();
        const users = [...each.values()].map((email) => ({ email }));
        const counted = await countMail(users, domain.readProfile, signal);
        const views = counted.map(async (one) => viewOfCountedMail(one, await exportedOf(one.user.email), limits.tier));
        return { accounts: await Promise.all(views), limits: viewOfLimits(limits) };
      },
    );

    app.post(
      "/domain/exports",
      {
        schema: {
          tags: ["domain"],
          summary: "Start an export of each of these accounts in the background",
          description:
            "Each account is an export of its own, in its own directory, as `POST /export/gmail` starts one; EXPORT_CONCURRENCY of them run at once. One that cannot be started has a `failure` in its place, and stops no other. One account of each domain is asked for first (1 unit): where none can be read, nothing is started.",
          querystring: z.strictObject({}),
          body: NewDomainExports,
          response: {
            202: describeAnswer("What became of each, in the order of the request, each account once", DomainExports),
            ...describeProblems({
              403: "Gmail refuses every account alike (`forbidden`).",
              422: INVALID_FIELDS,
              503: "No account can be read: access is not delegated (`delegation_missing`), the credentials cannot be used, or the Gmail API is off.",
            }),
          },
        },
      },
      async ({ id: requestId, body: { accounts: emails, ...options } }, reply) => {
        const each = new Map(emails.map((email) => [canonicalAccount(email), email]));
        await assertReadable([...each.values()], domain.readProfile, clientGone(reply));
        const begun: z.infer<typeof Begun>[] = [];
        for (const email of each.values()) begun.push(await begin({ ...options, email }));
        const accepted = begun.filter((one) => "job_id" in one).length;
        log.info("exports of a domain accepted", { requestId, accepted, refused: begun.length - accepted });
        return reply.code(202).send({ exports: begun });
      },
    );
  };
}

function notSignedIn(email: string): ExportError {
  return new ExportError({
    code: "not_signed_in",
    retry: "sign_in",
    message: `Nobody has signed in as ${email} yet.`,
    next: "Export addresses of the service account's domain, or sign in as this one first.",
  });
}
