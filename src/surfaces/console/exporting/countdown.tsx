import { duration, moment } from "../format.ts";
import { inBoth } from "../language.ts";
import { useNow } from "../use-now.ts";

const words = inBoth({
  en: {
    at: (time: string) => `It goes on at ${time}`,
    left: (span: string) => `, in ${span}`,
    now: "It goes on now.",
  },
  fr: {
    at: (time: string) => `Il reprend à ${time}`,
    left: (span: string) => `, dans ${span}`,
    now: "Il reprend maintenant.",
  },
});

/** The time until an export goes on by itself. Readers are told the moment; the seconds are for the eye. */
export function Countdown({ until }: { until: number }) {
  const w = words();
  const now = useNow(1_000);
  if (until <= now) return <p>{w.now}</p>;
  return (
    <p>
      {w.at(moment(until, now))}
      <span aria-hidden="true">{w.left(duration(until - now))}</span>.
    </p>
  );
}
