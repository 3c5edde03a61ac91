import { useEffect } from "preact/hooks";

import { LIVE } from "../../../core/export/job.ts";
import { CheckSection } from "../checking/check-section.tsx";
import { Announced } from "../exporting/announced.tsx";
import { Asked } from "../exporting/asked.tsx";
import { ControlButtons, ControlFailure, useControls } from "../exporting/controls.tsx";
import { doneOf } from "../exporting/done-of.ts";
import { FailedMessages } from "../exporting/failed-messages.tsx";
import { Figures } from "../exporting/figures.tsx";
import { Files } from "../exporting/files.tsx";
import { isGone } from "../exporting/is-gone.ts";
import { Status } from "../exporting/status.tsx";
import { Throughput } from "../exporting/throughput.tsx";
import { UpToDate } from "../exporting/up-to-date.tsx";
import { useLiveExport } from "../exporting/use-live-export.tsx";
import { share } from "../format.ts";
import { inBoth } from "../language.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { to } from "../route.ts";

const words = inBoth({
  en: { title: "Export", browse: "Browse the mail", statistics: "Statistics", changes: "Changes in Gmail" },
  fr: {
    title: "Export",
    browse: "Parcourir le courrier",
    statistics: "Statistiques",
    changes: "Changements dans Gmail",
  },
});

/** One export, as it goes: state, speed, quota, files, failures, and what can be asked of it. */
export function ExportPage({ id }: { id: string }) {
  const w = words();
  const { from, isConnected, series, tell } = useLiveExport(id);
  const controls = useControls(from.value, tell);
  const title = from.value?.email ?? w.title;
  const far = from.value && doneOf(from.value);
  const percent = far?.kind === "done" ? share(far.part) : undefined;
  useEffect(() => {
    // A tab in the background tells how far it is. The page has set its title before.
    if (percent !== undefined) document.title = `${percent} · ${title} · gmail-export`;
  }, [percent, title]);
  const isLive = from.value !== undefined && LIVE.includes(from.value.state);
  const throughput = series && <Throughput series={series} isRunning={from.value?.state === "running"} />;
  return (
    <Page title={title} actions={from.value && <ControlButtons controls={controls} state={from.value.state} />}>
      <Loaded from={from}>
        {(value) => (
          <>
            <Announced state={value.state} />
            <ControlFailure controls={controls} />
            <section class="card">
              <Status of={value} isConnected={isConnected} isGone={isGone(value)} />
              <Figures of={value} />
            </section>
            {value.files.length > 0 && (
              <div class="actions onward">
                <a class="button" href={to({ page: "mail", id })}>
                  {w.browse}
                </a>
                <a class="button" href={to({ page: "statistics", id })}>
                  {w.statistics}
                </a>
                <a class="button" href={to({ page: "changes", id })}>
                  {w.changes}
                </a>
              </div>
            )}
            <FailedMessages of={value} />
            {/* What one comes for first: how it goes, then what it brought. */}
            {isLive && throughput}
            {value.checked_at !== null && <UpToDate of={value} isLive={isLive} />}
            <Files of={value} />
            {!isLive && throughput}
            {!isLive && value.files.length > 0 && <CheckSection id={id} />}
            <Asked of={value} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
