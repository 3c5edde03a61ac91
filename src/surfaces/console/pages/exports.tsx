import { Page } from "../parts/page.tsx";

export function ExportsPage() {
  return <Page title="ExportsPage">{null}</Page>;
}
