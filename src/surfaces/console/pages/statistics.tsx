import { Page } from "../parts/page.tsx";

export function StatisticsPage({ id }: { id: string }) {
  return <Page title={`StatisticsPage ${id}`}>{null}</Page>;
}
