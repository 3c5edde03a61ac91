import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { bytes, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Address } from "../parts/address.tsx";
import { to } from "../route.ts";
import { Bar } from "./bar.tsx";
import { labelName } from "./label-name.ts";
import { legible } from "./legible.ts";
import { ANYTHING, type Question } from "./question.ts";
import type { Figures } from "./records-api.ts";
import { lookFor, searchOf } from "./search.ts";

const words = inBoth({
  en: {
    senders: "Who writes most",
    sender: "Sender",
    labels: "Labels",
    label: "Label",
    sizes: "Sizes",
    size: "Size",
    messages: "Messages",
    upTo: (size: string) => `Up to ${size}`,
    above: (size: string) => `Above ${size}`,
    noSender: "(no sender)",
  },
  fr: {
    senders: "Qui écrit le plus",
    sender: "Expéditeur",
    labels: "Libellés",
    label: "Libellé",
    sizes: "Tailles",
    size: "Taille",
    messages: "Messages",
    upTo: (size) => `Jusqu'à ${size}`,
    above: (size) => `Plus de ${size}`,
    noSender: "(sans expéditeur)",
  },
});

const MOST_ROWS = 20;

type Share = Readonly<{ key: string; messages: number; what: ComponentChildren; bytes?: number }>;

export function SenderShares({ id, figures: { senders } }: { id: string; figures: Figures }) {
  const w = words();
  const shares = senders.slice(0, MOST_ROWS).map(({ address, name, messages, bytes: size }) => ({
    key: `${address} ${name}`,
    messages,
    bytes: size,
    what:
      address === "" ? (
        <span class="dim">{w.noSender}</span>
      ) : (
        <>
          <MailLink id={id} narrow={{ from: address }}>
            {legible(name) || <Address of={legible(address)} />}
          </MailLink>
          {name !== "" && (
            <bdi class="address dim small">
              <Address of={legible(address)} />
            </bdi>
          )}
        </>
      ),
  }));
  return <Shares title={w.senders} of={w.sender} shares={shares} />;
}

export function LabelShares({ id, figures: { labels } }: { id: string; figures: Figures }) {
  const w = words();
  const shares = labels.slice(0, MOST_ROWS).map(({ id: label, name, messages }) => ({
    key: label,
    messages,
    what: (
      <MailLink id={id} narrow={{ label }}>
        {labelName(label, name)}
      </MailLink>
    ),
  }));
  return <Shares title={w.labels} of={w.label} shares={shares} />;
}

export function SizeShares({ figures: { sizes } }: { figures: Figures }) {
  const w = words();
  const shares = sizes.map(({ up_to_bytes: most, messages }, place) => ({
    key: String(most),
    messages,
    what: most === null ? w.above(bytes(sizes[place - 1]?.up_to_bytes ?? 0)) : w.upTo(bytes(most)),
  }));
  return <Shares title={w.sizes} of={w.size} shares={shares} />;
}

/** How many messages each has, with a bar as long as its part of the largest. */
function Shares({ title, of, shares }: { title: string; of: string; shares: readonly Share[] }) {
  const w = words();
  const heading = useId();
  const most = Math.max(1, ...shares.map(({ messages }) => messages));
  const hasBytes = shares.some((share) => share.bytes !== undefined);
  if (shares.length === 0) return null;
  return (
    <section class="card">
      <h2 id={heading}>{title}</h2>
      <table class="shares" aria-labelledby={heading}>
        <thead>
          <tr>
            <th scope="col">{of}</th>
            <th scope="col" class="number">
              {w.messages}
            </th>
            <td class="bar-cell" aria-hidden="true" />
            {hasBytes && (
              <th scope="col" class="number size">
                {w.size}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {shares.map(({ key, messages, what, bytes: size }) => (
            <tr key={key}>
              <th scope="row">{what}</th>
              <td class="number">{number(messages)}</td>
              <td class="bar-cell">
                <Bar share={messages / most} />
              </td>
              {size !== undefined && <td class="number size dim">{bytes(size)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The search goes along in memory: an address has no place in the address bar. */
function MailLink({ id, narrow, children }: { id: string; narrow: Partial<Question>; children: ComponentChildren }) {
  return (
    <a href={to({ page: "mail", id })} onClick={() => lookFor(searchOf(id), { ...ANYTHING, ...narrow })}>
      <bdi>{children}</bdi>
    </a>
  );
}
