/** What /openapi.json and docs/api.md show. A test sends each of them to a server, and holds the answers against the schemas. */

export const EMAIL = "you@gmail.com";
/** As long as one must be, and nobody's. */
export const KEY = "EXAMPLE/KEY+ONLY/32+bytes+in+base64/AAAAAAAA=";
export const EXPORT_ID = "b7c3925b-cae9-47a0-9b70-a9041387e2a4";
export const MESSAGE_ID = "18c2a1f0b3d4e5f6";

export const DOMAIN_ACCOUNT = {
  email: "ada@example.com",
  aliases: ["countess@example.com"],
  unit: "/Engines",
  suspended: false,
  archived: false,
  has_mailbox: true,
  messages: 12_345,
  conversations: 6_420,
  units: 246_925,
};

const SELF = `/exports/${EXPORT_ID}`;

export const LINKS = {
  self: SELF,
  events: `${SELF}/events`,
  files: `${SELF}/files/{name}`,
  archive: `${SELF}/archive`,
  pause: `${SELF}/pause`,
  resume: `${SELF}/resume`,
  cancel: `${SELF}/cancel`,
  retry_failed: `${SELF}/retry-failed`,
};

export const RUNNING_EXPORT = {
  id: EXPORT_ID,
  email: EMAIL,
  state: "running",
  output_directory: "/home/you/mail/data",
  max_emails: null,
  batch_size: 5000,
  query: "",
  labels: [],
  include_spam_trash: false,
  attachments: false,
  formats: [],
  progress: { stage: "fetching", listed: 12_661, exported: 5_339, gone: 0, failed: 0, batches: 1 },
  quota: {
    tier: "2026",
    units: 75_212,
    calls: {
      getProfile: 1,
      "labels.list": 1,
      "messages.list": 26,
      "messages.get": 1_495,
      "messages.attachments.get": 14,
      "threads.get": 1_126,
    },
    refused: 0,
  },
  rate: {
    messages_per_minute: 889,
    units_per_minute: 5_880,
    units_this_minute: 5_880,
    units_per_minute_allowed: 6_000,
    units_left: 103_980,
    held_until: null,
  },
  finished_at_estimate: "2026-11-23T02:49:20.316Z",
  created_at: "2026-11-23T02:16:10.698Z",
  updated_at: "2026-11-23T02:26:35.284Z",
  links: LINKS,
};

export const SCHEDULE_ID = "5d0c3c9e-2f0b-4a0e-8d57-0f8a4c1b7e63";

export const SCHEDULE = {
  id: SCHEDULE_ID,
  email: EMAIL,
  cron: "0 3 * * *",
  time_zone: "Europe/Paris",
  jitter_seconds: 30,
  paused: false,
  options: {
    output_dir: "/home/you/mail/data/you@gmail.com",
    max_emails: null,
    batch_size: 5000,
    query: "",
    labels: [],
    include_spam_trash: false,
    attachments: true,
    formats: ["mbox"],
  },
  created_at: "2026-11-20T09:12:44.020Z",
  next_run: "2026-11-24T02:00:12.000Z",
  waits_for: null,
  last_run: { at: "2026-11-23T02:00:07.512Z", state: "completed", export_id: EXPORT_ID },
};

export const PAUSED_EXPORT = { ...RUNNING_EXPORT, state: "paused", rate: null, finished_at_estimate: null };

export const EVENT = `retry: 2000

id: 1795314395284-0f3c1a9be27d4e65
event: export
data: ${JSON.stringify(RUNNING_EXPORT)}

`;

export const GRANT = {
  authenticated: true,
  email: EMAIL,
  user_id: EMAIL,
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  granted_at: "2026-11-23T02:04:22.500Z",
  access_token_expires_at: "2026-11-23T03:04:21.468Z",
  can_refresh: true,
};
