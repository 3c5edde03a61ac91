/** Texts that stand in for what nobody else may read. Whatever tells one of them has told a secret, or mail. */
export const MARKS = {
  accessToken: "zq7accesstoken4kx",
  refreshToken: "zq7refreshtoken4kx",
  code: "zq7code4kx",
  clientSecret: "zq7clientsecret4kx",
  key: "zq7key4kx",
  subject: "zq7subject4kx",
  body: "zq7body4kx",
  address: "zq7address4kx",
  filename: "zq7filename4kx",
  label: "zq7label4kx",
  query: "zq7query4kx",
} as const;

/** The mark that a text holds; undefined when it holds none. */
export function markIn(text: string, marks: readonly string[] = Object.values(MARKS)): string | undefined {
  return marks.find((mark) => text.includes(mark));
}
