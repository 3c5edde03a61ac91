import { storageContract } from "../../../test/contracts/storage.ts";
import { openFront } from "../../../test/s3/front.ts";
import { storagesIn } from "../../../test/s3/storage-in-bucket.ts";
import { scratchFolder } from "../../../test/scratch.ts";

storageContract("s3", async () => {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const front = stack.use(await openFront());
  const storages = stack.use(storagesIn({ front, state: scratch.path }));
  const other = stack.use(storagesIn({ front, state: scratch.path }));
  const ours = stack.move();
  const place = `s3://${front.bucket}/above/export`;
  return {
    open: () => storages.open(place),
    // What was answered for is durable; nothing else is left of a process than what the server has.
    afterPowerLoss: async () => other.open(place),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
});
