import type { ComponentType } from "preact";

import { listAccounts, type Account } from "../accounts/api.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { readSetup, readsDomain } from "../setup/api.ts";
import { Nobody } from "./nobody.tsx";

/** What a form that asks for an export starts from. `readsDomain`: any address of a domain can be typed. */
export type ExportStarted = Readonly<{ accounts: readonly Account[]; exportDir: string; readsDomain: boolean }>;

/** The page of a form that asks for an export: it needs accounts to choose from, and the folder of exports. */
export function ExportStart({ title, form: Form }: { title: string; form: ComponentType<ExportStarted> }) {
  const start = useResource("start", async (signal) => {
    const [accounts, setup] = await Promise.all([listAccounts(signal), readSetup(signal)]);
    return { accounts, exportDir: setup.export_dir, readsDomain: readsDomain(setup) };
  });
  return (
    <Page title={title}>
      <Loaded from={start}>
        {(started) => (started.accounts.length === 0 && !started.readsDomain ? <Nobody /> : <Form {...started} />)}
      </Loaded>
    </Page>
  );
}
