import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import type { ExportRecord } from "../../../core/mail/record.ts";
import { inBoth } from "../language.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { HtmlFrame } from "./html-frame.tsx";
import { legibleJson } from "./legible.ts";
import { LongText } from "./long-text.tsx";
import { Original } from "./original.tsx";

const words = inBoth({
  en: {
    show: "Show the message as",
    views: { html: "HTML", plain: "Text", source: "Source (JSON)" },
    none: "This message has no text.",
    json: "JSON",
  },
  fr: {
    show: "Afficher le message en",
    views: { html: "HTML", plain: "Texte", source: "Source (JSON)" },
    none: "Ce message n'a pas de texte.",
    json: "JSON",
  },
});

type View = "html" | "plain" | "source";

/** Who chose a view keeps it from message to message, where there is one. */
const preferred = signal<View>("html");

export function MessageBody({ id, record }: { id: string; record: ExportRecord }) {
  const w = words();
  const { plain, html } = record.Body;
  const views: readonly View[] = [
    ...(html === "" ? [] : ["html" as const]),
    ...(plain === "" && html !== "" ? [] : ["plain" as const]),
    "source",
  ];
  const view = views.find((one) => one === preferred.value) ?? views[0]!;
  return (
    <section class="card message-body">
      <div class="message-ways">
        <fieldset class="switch">
          <legend class="for-readers">{w.show}</legend>
          {views.map((one) => (
            <label key={one}>
              <input type="radio" name="view" checked={one === view} onChange={() => (preferred.value = one)} />
              <span>{w.views[one]}</span>
            </label>
          ))}
        </fieldset>
        {record.Original && <Original id={id} record={record} />}
      </div>
      {view === "html" && <HtmlFrame id={id} message={record["Message-ID"]} />}
      {view === "plain" &&
        (plain === "" ? (
          <p class="dim">{w.none}</p>
        ) : (
          <div class="plain-text">
            <LongText text={plain} />
          </div>
        ))}
      {view === "source" && (
        <>
          {!record.Original && <Original id={id} record={record} />}
          <Source record={record} />
        </>
      )}
    </section>
  );
}

function Source({ record }: { record: ExportRecord }) {
  const json = useMemo(() => legibleJson(record), [record]);
  return (
    <div class="source">
      <CopyButton what={words().json} text={json} />
      <pre dir="ltr">
        <code>
          <LongText text={json} />
        </code>
      </pre>
    </div>
  );
}
