import { inBoth } from "../language.ts";
import { Page } from "../parts/page.tsx";
import { to } from "../route.ts";

const words = inBoth({
  en: { title: "There is nothing at this address", back: "See all exports" },
  fr: { title: "Il n'y a rien à cette adresse", back: "Voir tous les exports" },
});

export function UnknownPage() {
  const w = words();
  return (
    <Page title={w.title}>
      <p>
        <a href={to({ page: "exports" })}>{w.back}</a>
      </p>
    </Page>
  );
}
