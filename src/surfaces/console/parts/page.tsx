import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { Address } from "./address.tsx";

/** The browser itself tells of the page that is opened first. */
let isFirst = true;

/** A page with its heading, which takes the focus when the page appears, so that readers say where they are. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
    scrollTo(0, 0);
  }, []);
  useEffect(() => {
    document.title = `${title} · gmail-export`;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title.includes("@") ? <Address of={title} /> : title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}
