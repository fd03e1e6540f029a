import { type Applied, checkFresh, checkHandlers, checkStep } from './applying.ts'
import type { Report, Wanted } from './check.ts'
import { checkDrift, placeOfTable } from './drift.ts'
import { all, type Fact, type Fresh } from './facts.ts'
import { type Finding, sorted } from './finding.ts'
import { checkGraph } from './graph.ts'
import { inOrder, type Revision, revisionsOf } from './history.ts'
import { checkNames } from './names.ts'
import { loadFailure } from './python-error.ts'
import { checkReversible } from './reversible.ts'
import { checkSafety } from './safety.ts'
import { lint } from './squawk.ts'
import { applySuppressions, checkIrreversible, parseIrreversible } from './suppressions.ts'
import { beforeTodaysModels } from './todays-models.ts'
import { configProblems, driftFailure, noRows, stopped } from './untried.ts'

/** What the facts of a run mean: everything that would hurt, less what a migration's own comment allows. */
export async function judge(stated: readonly Fact[], wanted: Wanted): Promise<Report> {
  const irreversible = irreversibleIn(stated)
  const files = all(stated, 'file')
  const revisions = inOrder(revisionsOf(files))
  const { facts, findings: modelled, written } = beforeTodaysModels(stated, revisions)
  const steps = all(facts, 'revision')
  const applied = steps.flatMap(step => {
    const revision = revisions.find(({ id }) => id === step.revision)
    return revision ? [{ step, revision }] : []
  })
  const [versions] = all(facts, 'versions')
  const graph = configProblems(facts)
  const around = { revisions, steps, models: all(facts, 'model') }
  const findings = [
    ...graph,
    ...(graph.length === 0 ? checkGraph(files) : []),
    ...checkNames(revisions, wanted.naming, Date.now()),
    ...checkIrreversible(irreversible, revisions, wanted.irreversible),
    ...all(facts, 'load-failed').map(({ what, error }) => loadFailure(what, error)),
    ...checkHandlers(revisions),
    ...modelled,
    ...freshAndData(all(facts, 'fresh')[0], applied, revisions),
    ...all(facts, 'stopped').flatMap(fact => (fact.left > 0 ? stopped(fact, revisions) : [])),
    ...checkReversible(written, steps, irreversible),
    ...all(facts, 'drift-failed').map(driftFailure),
    ...(await Promise.all(all(facts, 'drift').map(fact => checkDrift(fact, around, wanted.live)))).flat(),
    ...all(facts, 'no-rows').map(fact => noRows(fact, placeOfTable(fact.table, around))),
    ...(await Promise.all(applied.map(each => checkSafety(each, wanted.live)))).flat(),
    ...(await lint(applied)),
  ]
  const judged = applySuppressions(unique(findings), files)
  return {
    findings: sorted(judged.findings),
    allowed: judged.allowed,
    revisions,
    steps,
    irreversible: new Set(irreversible.keys()),
    onCopy: all(facts, 'live-schema')[0],
    versions: versions ? `Alembic ${versions.alembic}, Python ${versions.python}` : 'unknown',
  }
}

/** What is meant to be irreversible, with the reasons. */
export const irreversibleIn = (facts: readonly Fact[]): ReturnType<typeof parseIrreversible> =>
  parseIrreversible(all(facts, 'irreversible')[0]?.text ?? '')

/** A failure that a step by itself has, too, is told once: as the one that an empty database already shows. */
function freshAndData(
  fresh: Fresh | undefined,
  applied: readonly Applied[],
  revisions: readonly Revision[],
): Finding[] {
  const found = [...checkFresh(fresh, revisions)]
  const said = new Set(found.map(({ revision }) => revision))
  const isTold = ({ id, revision }: Finding) => /^(data|step)\.fails$/.test(id) && said.has(revision)
  return [...found, ...applied.flatMap(each => [...checkStep(each)]).filter(each => !isTold(each))]
}

/** A handler that is seen in the text and at work is one finding. */
function unique(findings: readonly Finding[]): Finding[] {
  const swallowed = new Set(
    findings.filter(({ id }) => id === 'safe.swallowed').map(({ revision }) => revision),
  )
  const seen = new Set<string>()
  return findings.filter(({ id, file, line, revision, what }) => {
    if (id === 'safe.swallowed' && !swallowed.delete(revision)) return false
    const key = `${id} ${file} ${line} ${what}`
    return !seen.has(key) && seen.add(key)
  })
}
