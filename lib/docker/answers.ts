import { Failure, type Problem } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'

/** How long the engine may take to answer what it knows without doing anything, in ms: one that takes longer hangs. */
export const question = { timeout: 60_000 } as const

/** Why the engine cannot be asked, and what to do; undefined where it answers within `timeout` ms. */
export async function engineTrouble(timeout = 20_000): Promise<Problem | undefined> {
  const what = 'Docker does not answer on this machine'
  try {
    const command = ['docker', 'version', '--format', '{{.Server.Version}}']
    const { ok, stderr } = await attempt(command, { timeout })
    if (ok) return undefined
    const fix = 'sudo systemctl start docker, and check that you are in the group docker'
    return { what, detail: lastLines(stderr, 3), fix }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // No restart at once: what runs serves users meanwhile, and goes down with it.
    const fix =
      'it hangs: journalctl -u docker -e may say why; sudo systemctl restart docker, which stops the containers for a while'
    return { what, detail: error.what, fix }
  }
}

/** @throws Failure where the engine does not answer: all that is asked of it would wait, one after another. */
export async function demandEngine(): Promise<void> {
  const trouble = await engineTrouble()
  if (trouble) throw new Failure(trouble)
}
