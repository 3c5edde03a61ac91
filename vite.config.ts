import { join } from "node:path";

import { defineConfig } from "vite";

/** The console, built into `public/`, from where the server serves it. */
export default defineConfig({
  root: join(import.meta.dirname, "src/surfaces/console"),
  publicDir: "static",
  build: {
    outDir: join(import.meta.dirname, "public"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page's policy lets in files of its own origin alone, no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  logLevel: "warn",
});
