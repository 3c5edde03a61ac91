import { inBoth } from "../language.ts";
import { ExportStart } from "../new-export/export-start.tsx";
import { NewExportForm } from "../new-export/new-export-form.tsx";

const words = inBoth({ en: { title: "New export" }, fr: { title: "Nouvel export" } });

export function NewExportPage() {
  return <ExportStart title={words().title} form={NewExportForm} />;
}
