import type { ComponentChildren } from "preact";

import { inBoth } from "../language.ts";
import type { Resource } from "../resource.ts";
import { Failure } from "./failure.tsx";

const words = inBoth({ en: { loading: "Loading…" }, fr: { loading: "Chargement…" } });

/** A part of a page that needs something from the server: grey lines while it is awaited, what went wrong, or the thing itself. */
export function Loaded<Value>({
  from,
  children,
}: {
  from: Resource<Value>;
  children: (value: Value) => ComponentChildren;
}) {
  if (from.state === "loading")
    return (
      <div class="skeleton" role="status">
        <span class="for-readers">{words().loading}</span>
      </div>
    );
  return (
    <>
      {from.state === "failed" && <Failure error={from.error} again={from.reload} />}
      {from.value !== undefined && children(from.value)}
    </>
  );
}
