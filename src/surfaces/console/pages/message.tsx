import { Page } from "../parts/page.tsx";

export function MessagePage({ id, message }: { id: string; message: string }) {
  return <Page title={`${id} ${message}`}>{null}</Page>;
}
