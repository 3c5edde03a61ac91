import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Attachments } from "../mail/attachments.tsx";
import { legible } from "../mail/legible.ts";
import { MessageBody } from "../mail/message-body.tsx";
import { MessageHead } from "../mail/message-head.tsx";
import { useNeighbours } from "../mail/neighbours.ts";
import { getRecord } from "../mail/records-api.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";

const words = inBoth({
  en: {
    title: "Message",
    noSubject: "(no subject)",
    ways: "Messages",
    back: "Back to the messages",
    before: "Previous",
    behind: "Next",
    place: (at: string, of: string) => `${at} of ${of}`,
  },
  fr: {
    title: "Message",
    noSubject: "(sans objet)",
    ways: "Messages",
    back: "Retour aux messages",
    before: "Précédent",
    behind: "Suivant",
    place: (at, of) => `${at} sur ${of}`,
  },
});

export function MessagePage({ id, message }: { id: string; message: string }) {
  const w = words();
  const loaded = useResource(`${id} ${message}`, (signal) => getRecord(id, message, signal));
  const subject = loaded.value && (legible(loaded.value.Subject).trim() || w.noSubject);
  return (
    <Page title={subject ?? w.title}>
      <Ways id={id} message={message} />
      <Loaded from={loaded}>
        {(record) => (
          <>
            <MessageHead id={id} record={record} />
            <MessageBody id={id} record={record} />
            <Attachments id={id} record={record} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Ways({ id, message }: { id: string; message: string }) {
  const w = words();
  const at = useNeighbours(id, message);
  const link = (target: string | undefined, text: string) =>
    target !== undefined && (
      <a class="button quiet" href={to({ page: "mail", id, message: target })}>
        {text}
      </a>
    );
  return (
    <nav class="ways" aria-label={w.ways}>
      <a class="button quiet" href={to({ page: "mail", id })}>
        {w.back}
      </a>
      {at && (
        <div>
          <span class="small dim">{w.place(number(at.number), number(at.total))}</span>
          {link(at.before, w.before)}
          {link(at.behind, w.behind)}
        </div>
      )}
    </nav>
  );
}
