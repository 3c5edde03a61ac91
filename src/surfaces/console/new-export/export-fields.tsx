import type { Account } from "../accounts/api.ts";
import { inBoth } from "../language.ts";
import { AccountField } from "./account-field.tsx";
import { AddressField } from "./address-field.tsx";
import { said } from "./field.tsx";
import type { Draft, Field } from "./form.ts";
import { HowMany } from "./how-many.tsx";
import { MoreOptions } from "./more-options.tsx";
import { SearchField } from "./search-field.tsx";
import { WhatToKeep } from "./what-to-keep.tsx";

const words = inBoth({
  en: { spamAndTrash: "Spam and trash too" },
  fr: { spamAndTrash: "Le spam et la corbeille aussi" },
});

/** What an export brings, of which account, and where to. `isEstimated`: the form can say what it takes. */
export function ExportFields({
  accounts,
  draft,
  change,
  complaints,
  exportDir,
  readsDomain,
  free,
  isEstimated = false,
}: {
  accounts: readonly Account[];
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  complaints: Partial<Record<Field, string>>;
  exportDir: string;
  readsDomain: boolean;
  free: string | undefined;
  isEstimated?: boolean;
}) {
  const w = words();
  return (
    <>
      {readsDomain ? (
        <AddressField
          accounts={accounts}
          value={draft.email}
          onValue={(email) => change({ email })}
          wrong={said(complaints.email)}
        />
      ) : (
        <AccountField
          accounts={accounts}
          value={draft.email}
          onValue={(email) => change({ email })}
          wrong={said(complaints.email)}
        />
      )}
      <HowMany draft={draft} change={change} isRefused={complaints.max_emails !== undefined} />
      <SearchField value={draft.query} onValue={(query) => change({ query })} wrong={said(complaints.query)} />
      <label class="choice">
        <input
          type="checkbox"
          checked={draft.spamAndTrash}
          onChange={({ currentTarget }) => change({ spamAndTrash: currentTarget.checked })}
        />
        {w.spamAndTrash}
      </label>
      <WhatToKeep draft={draft} change={change} isEstimated={isEstimated} />
      <MoreOptions draft={draft} change={change} complaints={complaints} exportDir={exportDir} free={free} />
    </>
  );
}
