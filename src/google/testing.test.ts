import { lockContract } from "../../test/contracts/lock.ts";
import { folderLock } from "./testing.ts";

lockContract("a folder, for tests", () => folderLock);
