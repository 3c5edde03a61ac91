import { useEffect, useRef, useState } from "preact/hooks";

import { LIVE } from "../../../core/export/job.ts";
import type { Export } from "../exports-api.ts";
import { useResource, type Resource } from "../resource.ts";
import { readExport, type ExportInFull } from "./api.ts";
import { seenAgain, type LiveSeries } from "./live-series.ts";

/** The least time between two readings of the export's files and failures, which events do not hold. */
const READ_AGAIN_MS = 1_000;

/** How long to wait when the browser has given a stream up, as it does when a proxy answers in the server's place. */
const OPEN_AGAIN_MS = 5_000;

export type LiveExport = Readonly<{
  /** The newest that is known, whichever way it came. */
  from: Resource<ExportInFull>;
  isConnected: boolean;
  series: LiveSeries | undefined;
  /** Something that an action has answered with is news like any other. */
  tell: (view: Export) => void;
}>;

/** An export as it changes, until it has ended or the page is left. */
export function useLiveExport(id: string): LiveExport {
  const read = useResource(id, (signal) => readExport(id, signal));
  const { reload } = read;
  const [told, setTold] = useState<Export>();
  const [isConnected, setIsConnected] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const series = useRef<LiveSeries>(undefined);

  const full = read.value;
  const isNewer = full !== undefined && told !== undefined && told.updated_at >= full.updated_at;
  const value = full && isNewer ? { ...full, ...told } : full;
  const address = value && LIVE.includes(value.state) ? value.links.events : undefined;

  useEffect(() => {
    if (address === undefined) return setIsConnected(true);
    const source = new EventSource(address);
    let again: ReturnType<typeof setTimeout> | undefined;
    let wasLost = attempt > 0;
    source.addEventListener("open", () => {
      setIsConnected(true);
      if (wasLost) reload();
      wasLost = false;
    });
    source.addEventListener("export", ({ data }: MessageEvent<string>) => {
      const view: Export = JSON.parse(data);
      series.current = seenAgain(series.current, view);
      setTold(view);
    });
    source.addEventListener("error", () => {
      wasLost = true;
      setIsConnected(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again
      again = setTimeout(() => {
        reload(); // says why, where the server itself refuses
        setAttempt((last) => last + 1);
      }, OPEN_AGAIN_MS);
    });
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, [address, attempt, reload]);

  const hasMore = isNewer && (told.state !== full.state || told.progress.batches !== full.progress.batches);
  useEffect(() => {
    if (!hasMore) return;
    const timer = setTimeout(reload, READ_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [hasMore, full, reload]);

  const from = value && read.state !== "loading" ? { ...read, value } : read;
  return { from, isConnected, series: series.current, tell: setTold };
}
