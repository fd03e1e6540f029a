import { lastLines } from '../../../lib/base/text.ts'
import type { Finished } from '../harness.ts'
import type { Fault } from './fault.ts'
import type { Launched, Scene } from './scene.ts'
import { versionNow, versionOf } from './truth/truth.ts'

type Ended = Awaited<Launched['done']>

/** What the struck runs have said is compared with what they have done. */
export async function verdictOn(
  runs: readonly Ended[],
  { fault, scene, before }: { fault: Fault; scene: Scene; before: string | undefined },
): Promise<string[]> {
  const bad = scene.launched.some(({ tag }) => tag === 'smoke-fails')
  return [
    ...runs.flatMap(complaintsAbout),
    ...(bad ? [] : codesOf(runs, fault)),
    ...(fault.excuse === undefined && before !== undefined ? await promised(runs, scene, before) : []),
  ]
}

function complaintsAbout({ stdout, stderr, hung }: Ended): string[] {
  return [
    ...(hung ? [`a run did not end by itself\n${lastLines(stdout + stderr, 5)}`] : []),
    ...(/a bug in the toolkit|^ {4}at .*\.ts:\d/m.test(stdout + stderr)
      ? [`a run has printed a stack:\n${lastLines(stderr, 15)}`]
      : []),
  ]
}

function codesOf(runs: readonly Finished[], { codes }: Fault): string[] {
  return runs.flatMap(({ code, stderr }) =>
    codes === undefined || codes.includes(code)
      ? []
      : [`a run exited ${code}; expected ${codes.join(' or ')}\n${lastLines(stderr, 8)}`],
  )
}

/** Exit code 0 of one deploy: users are on its version; 1 and 4: they are where they were. */
async function promised(runs: readonly Finished[], scene: Scene, before: string): Promise<string[]> {
  const [ended, another] = runs
  const tag = scene.launched[0]?.tag
  if (another || tag === undefined || ![0, 1, 4].includes(ended?.code ?? -1)) return []
  const expected = ended?.code === 0 ? versionOf(tag) : before
  const now = await versionNow()
  return now === expected
    ? []
    : [`the run exited ${ended?.code} and users are on ${now}, expected ${expected}`]
}
