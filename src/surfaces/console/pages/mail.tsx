import { Page } from "../parts/page.tsx";

export function MailPage({ id }: { id: string }) {
  return <Page title={`MailPage ${id}`}>{null}</Page>;
}
