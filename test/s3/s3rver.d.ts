declare module "s3rver" {
  import type { RequestListener } from "node:http";

  /** A Koa application, of which this much is used. */
  export default class S3rver {
    constructor(options: Readonly<{ silent: boolean; directory: string; allowMismatchedSignatures: boolean }>);
    callback(): RequestListener;
  }
}
