import { dateTime } from "../format.ts";
import { inBoth } from "../language.ts";
import { labelName } from "../mail/label-name.ts";
import { legible } from "../mail/legible.ts";
import { personOf } from "../mail/person.ts";
import { to } from "../route.ts";
import type { Change } from "./api.ts";

const words = inBoth({
  en: {
    kinds: {
      begun: "First run",
      added: "New",
      deleted: "Deleted in Gmail",
      labels: "Labels",
      label: "Label",
    },
    begun: "The first run ended. What was before is not known.",
    noSubject: "(no subject)",
    before: "before",
    after: "now",
    none: "no label",
    made: (name: string) => `“${name}” was made`,
    removed: (name: string) => `“${name}” was removed`,
    renamed: (was: string, name: string) => `“${was}” is called “${name}” now`,
  },
  fr: {
    kinds: {
      begun: "Premier passage",
      added: "Nouveau",
      deleted: "Supprimé dans Gmail",
      labels: "Libellés",
      label: "Libellé",
    },
    begun: "Fin du premier passage. Ce qu'il y avait avant n'est pas connu.",
    noSubject: "(sans objet)",
    before: "avant",
    after: "à présent",
    none: "aucun libellé",
    made: (name: string) => `« ${name} » a été créé`,
    removed: (name: string) => `« ${name} » a été supprimé`,
    renamed: (was: string, name: string) => `« ${was} » s'appelle désormais « ${name} »`,
  },
});

const LOOKS: Readonly<Record<Change["change"], string>> = {
  begun: "",
  added: "good",
  deleted: "bad",
  labels: "live",
  label: "live",
};

/** One thing that a run saw to have changed in Gmail. */
export function ChangeLine({ exportId, of }: { exportId: string; of: Change }) {
  const w = words();
  return (
    <li class="change">
      <p class="change-head">
        <span class={`badge ${LOOKS[of.change]}`}>{w.kinds[of.change]}</span>
        <time class="small dim" dateTime={of.at}>
          {dateTime(of.at)}
        </time>
      </p>
      {of.change === "begun" && <p>{w.begun}</p>}
      {of.label && <p>{labelSentence(of.label)}</p>}
      {of.id !== null && <Message exportId={exportId} id={of.id} of={of} />}
      {of.id !== null && <Labels of={of} />}
    </li>
  );
}

function Message({ exportId, id, of }: { exportId: string; id: string; of: Change }) {
  const w = words();
  // Where nothing is known of it there is nothing to open.
  if (of.subject === null)
    return (
      <p>
        <code>{id}</code>
      </p>
    );
  const { name, address } = personOf(of.from ?? "");
  return (
    <p>
      <a href={to({ page: "mail", id: exportId, message: id })}>
        <bdi>{legible(of.subject).trim() || w.noSubject}</bdi>
      </a>{" "}
      <bdi class="small dim">{name || address}</bdi>
    </p>
  );
}

function Labels({ of }: { of: Change }) {
  const w = words();
  return (
    <p class="small change-labels">
      {of.change === "labels" && (
        <>
          <Names what={w.before} ids={of.labels_before} names={of.label_names_before} />
          <span aria-hidden="true">→</span>
        </>
      )}
      <Names what={w.after} ids={of.labels} names={of.label_names} isQuiet={of.change !== "labels"} />
    </p>
  );
}

function Names({
  what,
  ids,
  names,
  isQuiet = false,
}: {
  what: string;
  ids: readonly string[];
  names: readonly string[];
  isQuiet?: boolean;
}) {
  const w = words();
  return (
    <span class="change-names">
      {!isQuiet && <span class="for-readers">{what}: </span>}
      {ids.length === 0 && !isQuiet && <span class="dim">{w.none}</span>}
      {ids.map((id, place) => (
        <bdi key={id} class="chip">
          {labelName(id, names[place])}
        </bdi>
      ))}
    </span>
  );
}

function labelSentence({ id, name, was }: NonNullable<Change["label"]>): string {
  const w = words();
  const spelled = (one: string | null): string => labelName(id, one ?? undefined);
  if (was === null) return w.made(spelled(name));
  return name === null ? w.removed(spelled(was)) : w.renamed(spelled(was), spelled(name));
}
