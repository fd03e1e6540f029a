import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { demandEngine, engineTrouble } from '../../../lib/docker/answers.ts'
import { failureOf, withDocker } from '../fixtures.ts'

const answers = suite('an engine that does not answer')

answers('one that is down, and one that hangs, each with what helps', async () => {
  assert.is(await withDocker('echo 28.5', () => engineTrouble()), undefined)
  const down = await withDocker('echo "Cannot connect" >&2; exit 1', () => failureOf(demandEngine))
  assert.equal([down.what, down.detail], ['Docker does not answer on this machine', 'Cannot connect'])
  assert.match(`${down.fix}`, 'systemctl start docker')
  const hung = await withDocker('exec sleep 600', () => engineTrouble(300))
  assert.match(`${hung?.detail}`, 'did not finish within 300 ms')
  assert.match(`${hung?.fix}`, /^it hangs: .*stops the containers/)
})

answers.run()
