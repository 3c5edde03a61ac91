import { outputFolderContract } from "../../../test/contracts/output-folder.ts";
import { systemClock } from "../../clock.ts";
import { fileLock } from "./lock.ts";
import { outputFolders } from "./output-folder.ts";

outputFolderContract("folder", outputFolders(fileLock(systemClock)));
