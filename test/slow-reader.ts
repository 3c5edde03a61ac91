import { get } from "node:http";

/** Reads the beginning of an answer and then no more. */
export function takeALittle(url: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const sent = get(url, (response) => {
      response.on("error", () => {});
      response.once("readable", () => {
        response.read(10);
        resolve(() => sent.destroy());
      });
    });
    sent.on("error", reject);
  });
}
