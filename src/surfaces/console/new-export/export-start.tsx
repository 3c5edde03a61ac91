import type { ComponentType } from "preact";

import { listAccounts, type Account } from "../accounts/api.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { readSetup } from "../setup/api.ts";
import { Nobody } from "./nobody.tsx";

/** The page of a form that asks for an export: it needs accounts to choose from, and the folder of exports. */
export function ExportStart({
  title,
  form: Form,
}: {
  title: string;
  form: ComponentType<{ accounts: readonly Account[]; exportDir: string }>;
}) {
  const start = useResource("start", async (signal) => {
    const [accounts, { export_dir: exportDir }] = await Promise.all([listAccounts(signal), readSetup(signal)]);
    return { accounts, exportDir };
  });
  return (
    <Page title={title}>
      <Loaded from={start}>
        {({ accounts, exportDir }) =>
          accounts.length === 0 ? <Nobody /> : <Form accounts={accounts} exportDir={exportDir} />
        }
      </Loaded>
    </Page>
  );
}
