import { Page } from "../parts/page.tsx";

export function NewExportPage() {
  return <Page title="NewExportPage">{null}</Page>;
}
