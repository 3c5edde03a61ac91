import { listAccounts } from "../accounts/api.ts";
import { inBoth } from "../language.ts";
import { Nobody } from "../new-export/nobody.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { NewScheduleForm } from "../schedules/new-schedule-form.tsx";
import { readSetup } from "../setup/api.ts";

const words = inBoth({ en: { title: "New schedule" }, fr: { title: "Nouvelle planification" } });

export function NewSchedulePage() {
  const start = useResource("start", async (signal) => {
    const [accounts, { export_dir: exportDir }] = await Promise.all([listAccounts(signal), readSetup(signal)]);
    return { accounts, exportDir };
  });
  return (
    <Page title={words().title}>
      <Loaded from={start}>
        {({ accounts, exportDir }) =>
          accounts.length === 0 ? <Nobody /> : <NewScheduleForm accounts={accounts} exportDir={exportDir} />
        }
      </Loaded>
    </Page>
  );
}
