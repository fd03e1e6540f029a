import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../../lib/base/failure.ts'
import { helpText } from '../../../lib/cli/help.ts'
import { main } from '../../../lib/cli/main.ts'
import { command, fix } from '../base/command.ts'
import { captured } from '../fixtures.ts'

const front = suite('cli: the front door')

front('--help goes to standard output and is a success', async () => {
  const said = await captured(() => main(command, ['--help']))
  assert.equal(said, { stdout: helpText(command), stderr: '', exitCode: 0 })
})

front('a wrong word goes to standard error, with what to do, and exit code 2', async () => {
  const said = await captured(() => main(command, ['--tga']))
  assert.equal(said, {
    stdout: '',
    stderr: `there is no option "--tga"\n→ ${fix}\n`,
    exitCode: 2,
  })
})

front('nothing runs when a word is wrong or help is asked for', async () => {
  let ran = 0
  const counting = {
    ...command,
    run: async () => {
      ran += 1
      return 0
    },
  }
  await captured(() => main(counting, ['--tga']))
  await captured(() => main(counting, ['-h']))
  assert.is(ran, 0)
  await captured(() => main(counting, ['--yes']))
  assert.is(ran, 1)
})

front("on GitHub, what a program printed before it failed is no command of the runner's", async () => {
  const { GITHUB_ACTIONS } = process.env
  process.env['GITHUB_ACTIONS'] = 'true'
  const detail = 'step 3\n::add-mask::x\n##[error]planted'
  const failing = {
    ...command,
    run: () => Promise.reject(new Failure({ what: 'docker build failed', detail })),
  }
  const { stderr } = await captured(() => main(failing, []))
  if (GITHUB_ACTIONS === undefined) delete process.env['GITHUB_ACTIONS']
  else process.env['GITHUB_ACTIONS'] = GITHUB_ACTIONS
  assert.is(stderr, 'docker build failed\n  step 3\n  : :add-mask::x\n  # #[error]planted\n')
})

for (const code of [0, 1, 2, 3, 4, 5] as const) {
  front(`exit code ${code} of a run is the exit code`, async () => {
    const said = await captured(() => main({ ...command, run: async () => code }, []))
    assert.equal(said, { stdout: '', stderr: '', exitCode: code })
  })
  front(`a failure with exit code ${code} is a message, not a stack`, async () => {
    const failing = {
      ...command,
      run: () =>
        Promise.reject(new Failure({ what: 'it broke', detail: 'here\nand here', fix: 'fix it' }, code)),
    }
    const said = await captured(() => main(failing, []))
    assert.equal(said, {
      stdout: '',
      stderr: 'it broke\n  here\n  and here\n→ fix it\n',
      exitCode: code,
    })
  })
}

front('what we did not foresee is thrown on, to be seen with its stack', async () => {
  const bug = new TypeError('a bug')
  const said = await captured(async () => {
    try {
      await main({ ...command, run: () => Promise.reject(bug) }, [])
    } catch (error) {
      assert.is(error, bug)
      return
    }
    assert.unreachable('the bug was swallowed')
  })
  assert.is(said.stderr, '')
})

front.run()
