type Month = Readonly<{ month: string; messages: number; bytes: number }>;

/** A date that a sender made up may lie centuries away. */
const MOST_MONTHS = 100 * 12;

/** Every month from the first to the last, those without mail too, unless there are very many. Months are YYYY-MM, in order. */
export function allMonths(months: readonly Month[]): readonly Month[] {
  const [first, last] = [months[0], months.at(-1)];
  if (!first || !last) return [];
  const known = new Map(months.map((one) => [one.month, one]));
  const count = ordinal(last.month) - ordinal(first.month) + 1;
  if (count > MOST_MONTHS) return months;
  return Array.from({ length: count }, (_, place) => {
    const month = nameOf(ordinal(first.month) + place);
    return known.get(month) ?? { month, messages: 0, bytes: 0 };
  });
}

function ordinal(month: string): number {
  const [year, ofYear] = month.split("-").map(Number);
  return year! * 12 + ofYear! - 1;
}

function nameOf(place: number): string {
  return `${String(Math.floor(place / 12)).padStart(4, "0")}-${String((place % 12) + 1).padStart(2, "0")}`;
}
