import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { isActive } from "../../../pipeline/domain/choose-accounts.ts";
import { bytes, number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Sentence } from "../parts/sentence.tsx";
import type { CountedAccount, DomainAccount } from "./api.ts";
import { windowOf } from "./window.ts";

const words = inBoth({
  en: {
    caption: "Accounts of the domain; tick those to export",
    all: "Choose all that are shown",
    choose: (email: string) => `Choose ${email}`,
    account: "Account",
    messages: "Messages",
    units: "Quota units",
    exported: "Exported",
    suspended: "suspended: Google gives no access",
    archived: "archived: Google gives no access",
    noMailbox: "no mailbox",
    nobody: "Nobody in the domain fits that.",
    of: (messages: string, size: string) => `${messages} · ${size}`,
    unfinished: "unfinished",
  },
  fr: {
    caption: "Comptes du domaine ; cochez ceux à exporter",
    all: "Choisir tous ceux qui sont affichés",
    choose: (email) => `Choisir ${email}`,
    account: "Compte",
    messages: "Messages",
    units: "Unités de quota",
    exported: "Exporté",
    suspended: "suspendu : Google ne donne pas accès",
    archived: "archivé : Google ne donne pas accès",
    noMailbox: "sans boîte",
    nobody: "Personne dans le domaine ne correspond.",
    of: (messages, size) => `${messages} · ${size}`,
    unfinished: "inachevé",
  },
});

/** As `domain.css` has it. */
const ROW_PX = 56;

/** Whether an export of this account could bring anything, as far as the directory tells. */
export function canBeExported(account: DomainAccount): boolean {
  return isActive(account) && account.has_mailbox;
}

/** However many there are, only the rows that can be seen are there; readers are told how many there are. */
export function AccountTable({
  accounts,
  chosen,
  counted,
  onChoose,
}: {
  accounts: readonly DomainAccount[];
  chosen: ReadonlySet<string>;
  counted: ReadonlyMap<string, CountedAccount>;
  onChoose: (emails: readonly string[], isChosen: boolean) => void;
}) {
  const w = words();
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = (): void => {
    const { scrollTop, clientHeight } = scroller.current!;
    setView((last) =>
      last.top === scrollTop && last.height === clientHeight ? last : { top: scrollTop, height: clientHeight },
    );
  };
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(look);
    watcher.observe(scroller.current!);
    return () => watcher.disconnect();
  }, []);
  const { from, to, above, below } = windowOf(accounts.length, ROW_PX, view.top, view.height);
  const possible = accounts.filter(canBeExported);
  const isAllChosen = possible.length > 0 && possible.every(({ email }) => chosen.has(email));
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too
    <div class="domain-scroll" ref={scroller} onScroll={look} tabIndex={0} role="region" aria-label={w.caption}>
      <table class="domain" aria-rowcount={accounts.length + 1}>
        <caption class="for-readers">{w.caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" class="pick">
              <input
                type="checkbox"
                aria-label={w.all}
                checked={isAllChosen}
                disabled={possible.length === 0}
                onChange={({ currentTarget }) =>
                  onChoose(
                    possible.map(({ email }) => email),
                    currentTarget.checked,
                  )
                }
              />
            </th>
            <th scope="col">{w.account}</th>
            <th scope="col" class="number">
              {w.messages}
            </th>
            <th scope="col" class="number wide">
              {w.units}
            </th>
            <th scope="col" class="number wide">
              {w.exported}
            </th>
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} />}
          {accounts.slice(from, to).map((account, i) => (
            <Row
              key={account.email}
              place={from + i + 2}
              account={account}
              counted={counted.get(account.email)}
              isChosen={chosen.has(account.email)}
              onChoose={onChoose}
            />
          ))}
          {below > 0 && <Gap height={below} />}
        </tbody>
      </table>
      {accounts.length === 0 && <p class="dim empty">{w.nobody}</p>}
    </div>
  );
}

/** Stands for the rows that are not there; readers are told of those by `aria-rowcount`. */
function Gap({ height }: { height: number }) {
  return <tr aria-hidden="true" style={{ height: `${height}px` }} />;
}

function Row({
  place,
  account,
  counted,
  isChosen,
  onChoose,
}: {
  place: number;
  account: DomainAccount;
  counted: CountedAccount | undefined;
  isChosen: boolean;
  onChoose: (emails: readonly string[], isChosen: boolean) => void;
}) {
  const w = words();
  const { email, unit } = account;
  const exported = counted?.exported;
  return (
    <tr aria-rowindex={place}>
      <td class="pick">
        <input
          type="checkbox"
          aria-label={w.choose(email)}
          checked={isChosen}
          disabled={!canBeExported(account)}
          onChange={({ currentTarget }) => onChoose([email], currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <bdi class="line">{email}</bdi>
        <span class="line dim small">
          <bdi>{unit}</bdi>
          <State of={account} />
        </span>
      </th>
      <td class="number">
        {counted?.failure ? (
          <span class="line wrong small" title={counted.failure.message}>
            <Sentence text={counted.failure.message} code={counted.failure.code} />
          </span>
        ) : (
          counted?.messages !== undefined && counted.messages !== null && number(counted.messages)
        )}
      </td>
      <td class="number wide">{counted?.units !== undefined && counted.units !== null && number(counted.units)}</td>
      <td class="number wide">
        {exported && (
          <>
            <span class="line">{w.of(number(exported.messages), bytes(exported.bytes))}</span>
            {!exported.complete && <span class="line dim small">{w.unfinished}</span>}
          </>
        )}
      </td>
    </tr>
  );
}

function State({ of: { suspended, archived, has_mailbox: hasMailbox } }: { of: DomainAccount }) {
  const w = words();
  if (suspended) return <strong> · {w.suspended}</strong>;
  if (archived) return <strong> · {w.archived}</strong>;
  return hasMailbox ? null : <strong> · {w.noMailbox}</strong>;
}
