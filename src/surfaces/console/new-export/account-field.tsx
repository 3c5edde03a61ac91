import type { ComponentChildren } from "preact";

import type { Account } from "../accounts/api.ts";
import { inBoth } from "../language.ts";
import { to } from "../route.ts";
import { useDescribed } from "./field.tsx";

const words = inBoth({
  en: { account: "Account", ended: (email: string) => `${email} (must sign in again)`, other: "Another account…" },
  fr: { account: "Compte", ended: (email: string) => `${email} (doit se reconnecter)`, other: "Un autre compte…" },
});

export function AccountField({
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
  const { control, wrong } = useDescribed({ wrong: message });
  return (
    <div class="field">
      <label for={control.id}>{w.account}</label>
      <div class="beside">
        <select {...control} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          {accounts.map(({ email, authenticated }) => (
            <option key={email} value={email}>
              {authenticated ? email : w.ended(email)}
            </option>
          ))}
        </select>
        <a href={to({ page: "accounts" })}>{w.other}</a>
      </div>
      {wrong}
    </div>
  );
}
