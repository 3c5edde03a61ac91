import { lookAtFolder, permissions, room } from "./folder.ts";
import { whoListens } from "./listener.ts";
import { reach } from "./reach.ts";

/** This machine, as the pipeline's doctor asks for it. */
export const machine = {
  nodeVersion: process.version,
  permissions,
  folder: lookAtFolder,
  room,
  listener: whoListens,
  reach,
};
