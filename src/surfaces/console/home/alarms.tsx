import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { Notice } from "../parts/failure.tsx";
import { useResource } from "../resource.ts";
import { to } from "../route.ts";
import { listAlarms } from "../schedules/api.ts";

const words = inBoth({
  en: {
    wrong: (count: number) =>
      count === 1
        ? "An export that has a schedule needs you."
        : `${number(count)} exports that have a schedule need you.`,
    look: "See what is wrong with exports that run by themselves",
  },
  fr: {
    wrong: (count: number) =>
      count < 2 ? "Un export planifié a besoin de vous." : `${number(count)} exports planifiés ont besoin de vous.`,
    look: "Voir ce qui ne va pas avec les exports planifiés",
  },
});

/** That something is wrong with what runs by itself; nothing where all is well, or where that cannot be told. */
export function Alarms() {
  const w = words();
  const alarms = useResource("alarms", listAlarms);
  const schedules = new Set(alarms.value?.map(({ schedule_id: id }) => id));
  if (schedules.size === 0) return null;
  return (
    <Notice kind="warn">
      <p>{w.wrong(schedules.size)}</p>
      <p>
        <a href={to({ page: "schedules" })}>{w.look}</a>
      </p>
    </Notice>
  );
}
