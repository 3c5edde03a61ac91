import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

import type { Account } from "../accounts/api.ts";
import { readDomainAccounts } from "../domain/api.ts";
import { inBoth } from "../language.ts";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { useTyped } from "../typing.ts";
import { useDescribed } from "./field.tsx";

const words = inBoth({
  en: {
    account: "Account",
    hint: "Any address of the domain that the service account reads, or one that has signed in.",
    many: "Many at once…",
  },
  fr: {
    account: "Compte",
    hint: "Toute adresse du domaine que lit le compte de service, ou une adresse connectée.",
    many: "Plusieurs à la fois…",
  },
});

/** As many as a person looks through below the field. */
const OFFERED = 20;

/** Whose mail is exported, where a service account reads a domain: typed, with the domain's addresses offered meanwhile. */
export function AddressField({
  accounts,
  value,
  onValue,
  wrong: message,
}: {
  accounts: readonly Account[];
  value: string;
  onValue: (email: string) => void;
  wrong: ComponentChildren;
}) {
  const w = words();
  const list = useId();
  const { control, hint, wrong } = useDescribed({ hint: w.hint, wrong: message });
  const [asked, ask] = useState(value);
  const [, type] = useTyped(asked, (one, other) => one === other, ask);
  // Where the directory cannot be read nothing is offered, and an address can be typed all the same.
  const offered = useResource(asked, async (signal) =>
    (await readDomainAccounts({ match: `${asked}*`, limit: OFFERED }, signal)).accounts.filter(
      ({ suspended, archived }) => !suspended && !archived,
    ),
  );
  const addresses = new Set([...accounts, ...(offered.value ?? [])].map(({ email }) => email));
  return (
    <div class="field">
      <label for={control.id}>{w.account}</label>
      <div class="beside">
        <input
          type="email"
          {...control}
          list={list}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => {
            onValue(currentTarget.value.trim());
            type(currentTarget.value.trim());
          }}
        />
        <a href={to({ page: "domain" })}>{w.many}</a>
      </div>
      <datalist id={list}>
        {[...addresses].map((email) => (
          <option key={email}>{email}</option>
        ))}
      </datalist>
      {hint}
      {wrong}
    </div>
  );
}
