/** What a person looks for in an export. "" asks for nothing; days are YYYY-MM-DD, `after` counts itself, `before` does not. */
export type Question = Readonly<{
  search: string;
  from: string;
  subject: string;
  /** Its id. */
  label: string;
  after: string;
  before: string;
  order: "newest" | "oldest";
}>;

export const ANYTHING: Question = {
  search: "",
  from: "",
  subject: "",
  label: "",
  after: "",
  before: "",
  order: "newest",
};

const PAGE_SIZE = 50;

export function parametersOf(question: Question, cursor: string | undefined): string {
  const asked = Object.entries(question)
    .map(([name, value]) => [name, value.trim()])
    .filter(([, value]) => value !== "");
  return new URLSearchParams([
    ...asked,
    ["limit", String(PAGE_SIZE)],
    ...(cursor === undefined ? [] : [["cursor", cursor]]),
  ]).toString();
}

/** How many of the narrower fields are in use. */
export function filtersIn({ search: _search, order: _order, ...filters }: Question): number {
  return Object.values(filters).filter((value) => value.trim() !== "").length;
}

export function isNarrow(question: Question): boolean {
  return question.search.trim() !== "" || filtersIn(question) > 0;
}

export function isSame(one: Question, other: Question): boolean {
  return parametersOf(one, undefined) === parametersOf(other, undefined);
}
