import { listAccounts } from "../accounts/api.ts";
import { inBoth } from "../language.ts";
import { NewExportForm } from "../new-export/new-export-form.tsx";
import { Nobody } from "../new-export/nobody.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { readSetup } from "../setup/api.ts";

const words = inBoth({ en: { title: "New export" }, fr: { title: "Nouvel export" } });

export function NewExportPage() {
  const start = useResource("start", async (signal) => {
    const [accounts, { export_dir: exportDir }] = await Promise.all([listAccounts(signal), readSetup(signal)]);
    return { accounts, exportDir };
  });
  return (
    <Page title={words().title}>
      <Loaded from={start}>
        {({ accounts, exportDir }) =>
          accounts.length === 0 ? <Nobody /> : <NewExportForm accounts={accounts} exportDir={exportDir} />
        }
      </Loaded>
    </Page>
  );
}
