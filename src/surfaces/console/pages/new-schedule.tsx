import { inBoth } from "../language.ts";
import { ExportStart } from "../new-export/export-start.tsx";
import { NewScheduleForm } from "../schedules/new-schedule-form.tsx";

const words = inBoth({ en: { title: "New schedule" }, fr: { title: "Nouvelle planification" } });

export function NewSchedulePage() {
  return <ExportStart title={words().title} form={NewScheduleForm} />;
}
