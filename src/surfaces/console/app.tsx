import type { ComponentChildren } from "preact";

import { LANGUAGES } from "../words/language.ts";
import { keyIsNeeded } from "./api.ts";
import { inBoth, language } from "./language.ts";
import { AccountsPage } from "./pages/accounts.tsx";
import { ChangesPage } from "./pages/changes.tsx";
import { DoctorPage } from "./pages/doctor.tsx";
import { DomainPage } from "./pages/domain.tsx";
import { ExportPage } from "./pages/export.tsx";
import { ExportsPage } from "./pages/exports.tsx";
import { KeyPage } from "./pages/key.tsx";
import { MailPage } from "./pages/mail.tsx";
import { MessagePage } from "./pages/message.tsx";
import { NewExportPage } from "./pages/new-export.tsx";
import { NewSchedulePage } from "./pages/new-schedule.tsx";
import { SchedulesPage } from "./pages/schedules.tsx";
import { SetupPage } from "./pages/setup.tsx";
import { StatisticsPage } from "./pages/statistics.tsx";
import { UnknownPage } from "./pages/unknown.tsx";
import { WorkPage } from "./pages/work.tsx";
import { route, to, type Route } from "./route.ts";
import { theme, THEMES } from "./theme.ts";

const words = inBoth({
  en: {
    skip: "Skip to the content",
    main: "Main",
    exports: "Exports",
    schedules: "Schedules",
    accounts: "Accounts",
    setup: "Setup",
    doctor: "Doctor",
    language: "Language",
    theme: "Colours",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    api: "HTTP API",
  },
  fr: {
    skip: "Aller au contenu",
    main: "Principal",
    exports: "Exports",
    schedules: "Planifications",
    accounts: "Comptes",
    setup: "Configuration",
    doctor: "Diagnostic",
    language: "Langue",
    theme: "Couleurs",
    themes: { system: "Comme le système", light: "Clair", dark: "Sombre" },
    api: "API HTTP",
  },
});

const LANGUAGE_NAMES = { en: "English", fr: "Français" } as const;

export function App() {
  const w = words();
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {w.skip}
      </a>
      <header>
        <a class="brand" href={to({ page: "exports" })}>
          <img src="/icon.svg" alt="" width="28" height="28" /> gmail-export
        </a>
        {!keyIsNeeded.value && (
          <nav aria-label={w.main}>
            <NavLink target="exports">{w.exports}</NavLink>
            <NavLink target="schedules">{w.schedules}</NavLink>
            <NavLink target="accounts">{w.accounts}</NavLink>
            <NavLink target="doctor">{w.doctor}</NavLink>
            <NavLink target="setup">{w.setup}</NavLink>
          </nav>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        {keyIsNeeded.value ? <KeyPage /> : pageOf(route.value)}
      </main>
      <footer>
        <label>
          {w.language}{" "}
          <select
            value={language.value}
            onChange={({ currentTarget }) => (language.value = chosen(LANGUAGES, currentTarget.value))}
          >
            {LANGUAGES.map((tag) => (
              <option key={tag} value={tag} lang={tag}>
                {LANGUAGE_NAMES[tag]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {w.theme}{" "}
          <select
            value={theme.value}
            onChange={({ currentTarget }) => (theme.value = chosen(THEMES, currentTarget.value))}
          >
            {THEMES.map((name) => (
              <option key={name} value={name}>
                {w.themes[name]}
              </option>
            ))}
          </select>
        </label>
        <a href="/docs/">{w.api}</a>
      </footer>
    </>
  );
}

function pageOf(at: Route) {
  switch (at.page) {
    case "exports":
      return <ExportsPage />;
    case "new":
      return <NewExportPage />;
    case "export":
      return <ExportPage key={at.id} id={at.id} />;
    case "mail":
      return at.message === undefined ? (
        <MailPage key={at.id} id={at.id} />
      ) : (
        <MessagePage key={at.message} id={at.id} message={at.message} />
      );
    case "statistics":
      return <StatisticsPage key={at.id} id={at.id} />;
    case "changes":
      return <ChangesPage key={at.id} id={at.id} />;
    case "schedules":
      return <SchedulesPage />;
    case "new-schedule":
      return <NewSchedulePage />;
    case "accounts":
      return <AccountsPage />;
    case "work":
      return <WorkPage />;
    case "domain":
      return <DomainPage />;
    case "setup":
      return <SetupPage />;
    case "doctor":
      return <DoctorPage />;
    case "unknown":
      return <UnknownPage />;
  }
}

type Section = "exports" | "schedules" | "accounts" | "doctor" | "setup";

/** Pages that belong to one of those that the navigation names. */
const PAGES_UNDER: Readonly<Record<Section, readonly Route["page"][]>> = {
  exports: ["new", "export", "mail", "statistics", "changes", "work"],
  schedules: ["new-schedule"],
  accounts: ["domain"],
  doctor: [],
  setup: [],
};

function NavLink({ target, children }: { target: Section; children: ComponentChildren }) {
  const { page } = route.value;
  const isHere = page === target || PAGES_UNDER[target].includes(page);
  return (
    <a href={to({ page: target })} aria-current={isHere ? "page" : undefined}>
      {children}
    </a>
  );
}

/** The address behind `#` is the console's own, so the jump is made by hand. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#content")?.focus();
}

function chosen<Choice extends string>(choices: readonly Choice[], value: string): Choice {
  return choices.find((choice) => choice === value) ?? choices[0]!;
}
