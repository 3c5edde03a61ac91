import type { Finding } from "../../../doctor/finding.ts";
import { number } from "../format.ts";
import { inBoth } from "../language.ts";
import { FindingLine } from "./finding-line.tsx";
import { sorted, type Group } from "./groups.ts";

const words = inBoth({
  en: {
    about: { machine: "This machine", google: "Google", accounts: "Sign-ins" },
    problems: (count: number) =>
      count === 1 ? "One problem stands in the way" : `${number(count)} problems stand in the way`,
    beware: (count: number) => (count === 1 ? "One thing to beware of" : `${number(count)} things to beware of`),
    well: "Nothing stands in the way",
    fine: (count: number) => (count === 1 ? "All fine: 1 check" : `All fine: ${number(count)} checks`),
  },
  fr: {
    about: { machine: "Cet ordinateur", google: "Google", accounts: "Connexions" },
    problems: (count: number) => (count < 2 ? "Un problème fait obstacle" : `${number(count)} problèmes font obstacle`),
    beware: (count: number) => (count < 2 ? "Un point à surveiller" : `${number(count)} points à surveiller`),
    well: "Rien ne fait obstacle",
    fine: (count: number) => `Tout va bien : ${number(count)} ${count < 2 ? "vérification" : "vérifications"}`,
  },
});

/** What stands in the way first; what is fine is folded away. */
export function Report({ findings }: { findings: readonly Finding[] }) {
  const w = words();
  const { open, fine } = sorted(findings);
  const count = findings.filter(({ status }) => status === "ok").length;
  return (
    <>
      <p class="lead" role="status">
        {verdict(findings)}
      </p>
      {open.map((group) => (
        <GroupCard key={titleOf(group)} group={group} />
      ))}
      {count > 0 && (
        <details class="card">
          <summary>{w.fine(count)}</summary>
          {fine.map((group) => (
            <section key={titleOf(group)}>
              <h2>{titleOf(group)}</h2>
              <Lines group={group} />
            </section>
          ))}
        </details>
      )}
    </>
  );
}

function GroupCard({ group }: { group: Group }) {
  return (
    <section class="card">
      <h2>{titleOf(group)}</h2>
      <Lines group={group} />
    </section>
  );
}

function Lines({ group }: { group: Group }) {
  return (
    <ul class="plain">
      {group.findings.map((finding) => (
        <FindingLine key={finding.id} finding={finding} />
      ))}
    </ul>
  );
}

function titleOf({ about, account }: Group): string {
  return account ?? words().about[about];
}

function verdict(findings: readonly Finding[]): string {
  const w = words();
  const count = (wanted: Finding["status"]): number => findings.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed === 0 && warned === 0) return `${w.well}.`;
  return `${[failed > 0 ? w.problems(failed) : w.well, warned > 0 ? w.beware(warned) : ""].filter(Boolean).join(" · ")}.`;
}
