import { Page } from "../parts/page.tsx";

export function ExportPage({ id }: { id: string }) {
  return <Page title={`ExportPage ${id}`}>{null}</Page>;
}
