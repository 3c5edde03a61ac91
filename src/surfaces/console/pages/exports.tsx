import { listAccounts } from "../accounts/api.ts";
import { listExports } from "../exports-api.ts";
import { Alarms } from "../home/alarms.tsx";
import { ExportList } from "../home/export-list.tsx";
import { isLive } from "../home/gauge.ts";
import { Missing } from "../home/missing.tsx";
import { nextStep } from "../home/next-step.ts";
import { Path } from "../home/path.tsx";
import { inBoth } from "../language.ts";
import { Failure } from "../parts/failure.tsx";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { readSetup, readsDomain } from "../setup/api.ts";

const words = inBoth({
  en: {
    title: "Exports",
    welcome: "Export your mail",
    another: "New export",
    schedule: "Add a schedule",
    work: "All work",
    domain: "The domain's accounts",
  },
  fr: {
    title: "Exports",
    welcome: "Exportez votre courrier",
    another: "Nouvel export",
    schedule: "Planifier",
    work: "Tout le travail",
    domain: "Comptes du domaine",
  },
});

const FRESH_MS = 2_000;

/** The first page: what there is, or else the way to the first export. */
export function ExportsPage() {
  const w = words();
  const exports = useResource("exports", listExports);
  const start = useResource("start", async (signal) => {
    const [setup, accounts] = await Promise.all([readSetup(signal), listAccounts(signal)]);
    return { step: nextStep(setup, accounts), readsDomain: readsDomain(setup) };
  });
  const isFirstVisit = exports.value?.length === 0;
  const actions = (
    <>
      <a class="button" href={to({ page: "work" })}>
        {w.work}
      </a>
      {start.value?.readsDomain && (
        <a class="button" href={to({ page: "domain" })}>
          {w.domain}
        </a>
      )}
      <a class="button" href={to({ page: "new-schedule" })}>
        {w.schedule}
      </a>
      <a class="button primary" href={to({ page: "new" })}>
        {w.another}
      </a>
    </>
  );
  return (
    <Page title={isFirstVisit ? w.welcome : w.title} actions={exports.value && !isFirstVisit && actions}>
      {exports.value?.some(isLive) && <KeptFresh from={exports} everyMs={FRESH_MS} />}
      <Loaded from={exports}>
        {(all) =>
          all.length === 0 ? (
            <Loaded from={start}>{({ step }) => <Path step={step} />}</Loaded>
          ) : (
            <>
              {start.state === "failed" && <Failure error={start.error} again={start.reload} />}
              {start.value && <Missing step={start.value.step} />}
              <Alarms />
              <ExportList exports={all} reload={exports.reload} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
