import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines } from '../../../lib/base/text.ts'
import { directoryOf } from '../harness.ts'
import type { Fault, ScriptName } from './fault.ts'
import type { RegistryFront } from './front.ts'
import { lastWords } from './last-words.ts'
import type { Random } from './random.ts'
import { type Repairer, recover } from './recovery.ts'
import { lossOf, users } from './requests.ts'
import { launch, Scene, type Usual } from './scene.ts'
import { servedWithin, type Truth, versionNow } from './truth/truth.ts'
import { verdictOn } from './verdict.ts'

/** How one faulted run went. */
export interface Outcome {
  readonly fault: string
  readonly script: string
  readonly when: string
  /** Whether a run was at work when the fault came. */
  readonly struck: boolean
  readonly codes: readonly (number | null)[]
  readonly requests: number
  readonly lost: number
  readonly longestGapMs: number
  readonly repairedBy: Repairer
  readonly seconds: number
  /** What is not as it must be; empty when all is well. */
  readonly findings: readonly string[]
  /** The end of the log of the faulted run, where there are findings. */
  readonly log: string
}

export interface World {
  readonly front: RegistryFront
  readonly usual: Usual
  readonly truth: Truth
  /** Of these, chance picks the one that is struck. */
  readonly scripts: readonly ScriptName[]
}

/** One faulted run under load, then the next plain deploy, and the truth about both. */
export async function trial(world: World, fault: Fault, random: Random): Promise<Outcome> {
  const began = Date.now()
  const { truth } = world
  const findings: string[] = []
  const { scene, before, again } = await setScene(world, fault, random, findings)
  findings.push(...(await truth.documents.upload()))
  await truth.begin()
  const load = await users(random)
  try {
    await fault.play(scene)
  } catch (error) {
    findings.push(`the fault could not be made: ${stackOf(error)}`)
  } finally {
    await fault.heal?.(scene)
  }
  await scene.over()
  const ended = await Promise.all(scene.launched.map(({ done }) => done))
  const events = scene.events()
  const served = fault.leavesNobody ? [] : await servedWithin(fault.excuse ? 30_000 : 0)
  findings.push(...served.map(what => `after the fault: ${what}`))
  findings.push(...(await verdictOn(ended, { fault, scene, before })))

  // Where users may have noticed the fault, others come after it, who may notice nothing.
  const reports = fault.excuse === undefined ? [] : [await load.stop()]
  const others = fault.excuse === undefined ? load : fault.leavesNobody ? undefined : await users(random)
  const recovery = await recover(again)
  findings.push(...recovery.findings)
  if (others) {
    const report = await others.stop()
    reports.push(report)
    findings.push(...lossOf(report))
  }
  const printed = ended.map(({ stdout, stderr }) => stdout + stderr).join('') + recovery.printed
  findings.push(
    ...(await truth
      .findings({ tag: again, reports, printed, fault })
      .catch((error: unknown) => [`the truth could not be found out: ${stackOf(error)}`])),
  )
  truth.stop()
  const tookBack = events.some(({ type }) => type === 'taking-back')
  const byDefault = fault.leavesNobody ? 'the next deploy' : tookBack ? 'the run itself' : 'nothing needed'
  return {
    fault: fault.name,
    script: [scene.script, ...scene.args].join(' '),
    when: scene.when,
    struck: scene.struck,
    codes: ended.map(({ code }) => code),
    requests: reports.reduce((sum, { totals }) => sum + totals.sent, 0),
    lost: reports.reduce((sum, { totals }) => sum + totals.failed, 0),
    longestGapMs: Math.round(Math.max(...reports.map(report => report.longestGapMs))),
    repairedBy: recovery.by ?? byDefault,
    seconds: (Date.now() - began) / 1000,
    findings,
    log: findings.length > 0 ? lastWords(scene) : '',
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? `${error.stack}` : String(error))

/** Chooses what is struck, and what is typed afterwards. */
async function setScene(world: World, fault: Fault, random: Random, findings: string[]) {
  const script = random.pick(fault.scripts ?? world.scripts)
  if (script === 'deploy' && random.chance(0.15)) findings.push(...(await backToVersion1()))
  const before = await versionNow()
  const next = before === 'v2' ? 'v3' : 'v2'
  const tag = before !== 'v1' && random.chance(0.1) ? 'smoke-fails' : next
  const release = releaseOf(next)
  const args = {
    deploy: ['--tag', tag],
    rollback: ['-t', 'deployment', ...(release === undefined ? [] : ['--to', release])],
    backup: random.pick([[], ['--verify']]),
  }[script]
  await fault.prepare?.()
  // Most people type the same once more.
  const again = script === 'deploy' && tag === next && random.chance(0.65) ? tag : random.pick(['v2', 'v3'])
  return { scene: new Scene({ ...world, random, script, args }), before, again }
}

/** The number of a version in the history, as far as that can be read. */
function releaseOf(tag: string): string | undefined {
  const history = readFileSync(join(directoryOf('production'), 'releases.jsonl'), 'utf8')
  return new RegExp(`"release":(\\d+),[^\n]*"tag":"${tag}"`).exec(history)?.[1]
}

/** Through the schema's way back, where the history still knows version 1. @returns what went wrong. */
async function backToVersion1(): Promise<string[]> {
  const number = releaseOf('v1')
  if (number === undefined || (await versionNow()) === 'v1') return []
  const args = ['-e', 'production', '-t', 'deployment', '--to', number, '--with-migrations']
  const { code, stderr } = await launch('rollback', args).done
  return code === 0 ? [] : [`the way back to version 1 exited ${code}:\n${lastLines(stderr, 8)}`]
}
