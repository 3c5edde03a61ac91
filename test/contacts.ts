import { appendFileSync } from "node:fs";
import { Socket } from "node:net";

// Loaded into a process before anything else (`node --import`): every address that it connects to is a line of the file named.
const file = process.env["CONTACTS"];
if (file !== undefined)
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its socket below
  Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
    apply(connect, socket, given: unknown[]) {
      const [first] = Array.isArray(given[0]) ? given[0] : given; // node:net hands on arguments it has normalised
      const { host = "localhost", port, path }: { host?: string; port?: number; path?: string } = Object(first);
      appendFileSync(file, `${path ?? `${host}:${port}`}\n`);
      return Reflect.apply(connect, socket, given);
    },
  });
