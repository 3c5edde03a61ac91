import type { ComponentProps } from "preact";
import { useMemo, useState } from "preact/hooks";

import { AccountTable, canBeExported } from "../domain/account-table.tsx";
import { listDomainAccounts, type DomainAccount } from "../domain/api.ts";
import { Chosen, type Counted } from "../domain/chosen.tsx";
import { FileTrouble, FilterFields } from "../domain/filter-fields.tsx";
import { EVERYBODY, filterAccounts, unitsOf, type AccountsFilter } from "../domain/filter.ts";
import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";

const words = inBoth({
  en: {
    title: "The domain's accounts",
    lead: "Nothing is exported that is not chosen. Each account becomes an export of its own, in a directory of its own.",
    shown: (shown: number, of: number) => `${number(shown)} of ${number(of)} accounts`,
    cannot: (count: number) =>
      count === 1 ? "1 of them cannot be exported" : `${number(count)} of them cannot be exported`,
  },
  fr: {
    title: "Comptes du domaine",
    lead: "Rien n'est exporté sans être choisi. Chaque compte devient un export à lui, dans son propre dossier.",
    shown: (shown: number, of: number) => `${number(shown)} ${shown < 2 ? "compte" : "comptes"} sur ${number(of)}`,
    cannot: (count: number) =>
      `dont ${number(count)} qui ne ${count < 2 ? "peut" : "peuvent"} pas être ${count < 2 ? "exporté" : "exportés"}`,
  },
});

/** Who is in the domain, and the choice of those who are exported. */
export function DomainPage() {
  const w = words();
  const [group, setGroup] = useState<string>();
  const accounts = useResource(`domain ${group ?? ""}`, (signal) => listDomainAccounts(group, signal));
  const [filter, setFilter] = useState(EVERYBODY);
  const change = (part: Partial<AccountsFilter>): void => setFilter((last) => ({ ...last, ...part }));
  const units = useMemo(() => unitsOf(accounts.value ?? []), [accounts.value]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [counted, setCounted] = useState<Counted>({ accounts: new Map(), limits: undefined });
  const emails = useMemo(() => [...chosen].toSorted(), [chosen]);
  return (
    <Page title={w.title}>
      <p class="lead">{w.lead}</p>
      <section class="card">
        <FilterFields filter={filter} units={units} change={change} onGroup={setGroup} />
      </section>
      <Loaded from={accounts}>
        {(all) => (
          <Shown
            all={all}
            filter={filter}
            chosen={chosen}
            counted={counted.accounts}
            onChoose={(some, isChosen) =>
              setChosen((last) => (isChosen ? last.union(new Set(some)) : last.difference(new Set(some))))
            }
          />
        )}
      </Loaded>
      <Chosen
        emails={emails}
        counted={counted}
        onCounted={(found, limits) =>
          setCounted((last) => ({
            accounts: new Map([...last.accounts, ...found.map((one) => [one.email, one] as const)]),
            limits,
          }))
        }
      />
    </Page>
  );
}

/** Those that the filter leaves, how many they are, and what was wrong with the file that is part of it. */
function Shown({
  all,
  filter,
  ...table
}: { all: readonly DomainAccount[]; filter: AccountsFilter } & Omit<ComponentProps<typeof AccountTable>, "accounts">) {
  const w = words();
  const { shown, unknown } = useMemo(() => filterAccounts(all, filter), [all, filter]);
  const isUnderstood = filter.file === undefined || filter.file.rubbish.length === 0;
  const accounts = isUnderstood ? shown : [];
  const cannot = accounts.filter((account) => !canBeExported(account)).length;
  return (
    <>
      <FileTrouble file={filter.file} unknown={unknown} />
      <p class="small" role="status">
        {[w.shown(accounts.length, all.length), ...(cannot > 0 ? [w.cannot(cannot)] : [])].join(", ")}
      </p>
      <AccountTable accounts={accounts} {...table} />
    </>
  );
}
