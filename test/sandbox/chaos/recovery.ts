import { lastLines } from '../../../lib/base/text.ts'
import { lastEvents } from '../harness.ts'
import { launch } from './scene.ts'
import { servedBy } from './truth/truth.ts'

/** What put things right after a fault. */
export const repairers = [
  'nothing needed',
  'the run itself',
  'the next deploy',
  'the repair command',
] as const
export type Repairer = (typeof repairers)[number]

interface Recovery {
  readonly findings: readonly string[]
  /** All that its runs have printed. */
  readonly printed: string
  /** Undefined where it found nothing to repair. */
  readonly by: Repairer | undefined
}

/** As a person would: the plain command; and where that fails, what the runbook says first, which is a finding. */
export async function recover(tag: string): Promise<Recovery> {
  const deploy = ['-e', 'production', '--tag', tag]
  const next = await launch('deploy', deploy).done
  const printed = next.stdout + next.stderr
  if (next.code === 0) {
    const findings = (await servedBy()).map(what => `after the next deploy: ${what}`)
    return { findings, printed, by: foundSomething() ? 'the next deploy' : undefined }
  }
  const repair = await launch('repair', ['-e', 'production']).done
  const again = await launch('deploy', deploy).done
  return {
    findings: [
      `the next deploy exited ${next.code}:\n${lastLines(printed, 25)}`,
      `repair exited ${repair.code}, and the deploy after it ${again.code}`,
    ],
    printed: [printed, repair.stdout, repair.stderr, again.stdout, again.stderr].join(''),
    by: 'the repair command',
  }
}

/** Whether the newest run found something to repair. */
const foundSomething = (): boolean =>
  lastEvents('production').some(
    event =>
      event.type === 'step-finished' &&
      /^Repair what an interrupted/.test(event.title) &&
      event.outcome === 'done',
  )
