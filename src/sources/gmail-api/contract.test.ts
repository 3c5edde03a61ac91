import { mailboxSourceContract } from "../../../test/contracts/mailbox-source.ts";
import { inProcess } from "../../../test/in-process.ts";

/** Real milliseconds for the sockets of this machine before time jumps on. */
const SETTLE_MS = 2;

mailboxSourceContract("gmail-api", async () => {
  const w = await inProcess({ messages: 80, messagesPerThread: 3 });
  const mailbox = w.google.mailbox();
  return {
    source: w.source,
    address: w.google.accounts[0]!,
    refs: () =>
      mailbox
        .ids()
        .map((id) => mailbox.truth(id))
        .filter(({ labelIds }) => !labelIds.includes("SPAM") && !labelIds.includes("TRASH")),
    add: () => mailbox.add({ subject: "New", labelIds: ["INBOX"] }),
    remove: mailbox.remove,
    setLabels: mailbox.setLabels,
    breakMessage: (messageId) => w.google.faults.add({ kind: "500", messageId }),
    expireHistory: mailbox.expireHistory,
    run: (work) => w.clock.run(work, SETTLE_MS),
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
});
