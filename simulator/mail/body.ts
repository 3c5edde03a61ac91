import type { Node } from "./mime.ts";
import type { Random } from "./random.ts";

/** What a message says. `preview` is the text its snippet is cut from; `eol` is LF for mail that was imported with bare line feeds. */
export type Body = Readonly<{ node: Node; preview: string; eol?: "\n" }>;

export type MakeBody = (random: Random) => Body;
