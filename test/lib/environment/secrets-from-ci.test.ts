import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem } from '../../../lib/base/failure.ts'
import { describeChange, withGivenSecrets } from '../../../lib/environment/secrets-from-ci.ts'
import { environmentIn, withVariables } from '../fixtures.ts'

const giving = suite('given-secrets: what CI makes of the .env file')

const environment = environmentIn('/x', {
  secrets: {
    DB_PASSWORD: { services: ['db'], variable: 'T_DB_PASSWORD' },
    JWT_SECRET: { services: ['backend'], variable: 'T_JWT_SECRET' },
    SENTRY_DSN: { services: ['backend'], variable: 'T_SENTRY_DSN', optional: true },
    BY_HAND: { services: ['backend'] },
  },
})
const none = { T_DB_PASSWORD: undefined, T_JWT_SECRET: undefined, T_SENTRY_DSN: undefined }
const given = (variables: Record<string, string | undefined>, before: string | undefined) =>
  withVariables({ ...none, ...variables }, () => withGivenSecrets(environment, before))

giving('no variable, or only empty ones: the file is used as it is', async () => {
  assert.is(await given({}, 'A=1\n'), undefined)
  assert.is(await given({ T_DB_PASSWORD: '', T_JWT_SECRET: '' }, undefined), undefined)
})

giving('a first file', async () =>
  assert.equal(await given({ T_DB_PASSWORD: 'p w', T_JWT_SECRET: 'j#\n' }, undefined), {
    text: "DB_PASSWORD=p w\nJWT_SECRET='j#'\n",
    added: ['DB_PASSWORD', 'JWT_SECRET'],
    changed: [],
    removed: [],
    problems: [],
    faulty: [],
  }),
)

giving('comments, settings and what CI does not know stay; the rest is added, changed, removed', async () => {
  const before = '# mine\nLOG_LEVEL=debug\nDB_PASSWORD=old\nSENTRY_DSN=x\nBY_HAND=kept'
  const after = await given({ T_DB_PASSWORD: 'new', T_JWT_SECRET: 'jjjj', T_SENTRY_DSN: '' }, before)
  assert.is(after?.text, '# mine\nLOG_LEVEL=debug\nDB_PASSWORD=new\nBY_HAND=kept\nJWT_SECRET=jjjj\n')
  assert.is(after && describeChange(after), 'added JWT_SECRET; changed DB_PASSWORD; removed SENTRY_DSN')
})

giving('the same again is no change', async () => {
  const before = 'DB_PASSWORD=same\n'
  const after = await given({ T_DB_PASSWORD: 'same' }, before)
  assert.equal([after?.text, after && describeChange(after)], [before, ''])
})

giving('one that is empty among others, and what not every reader of the file reads alike', async () => {
  for (const value of ["it's", 'a$' + '{b}', 'a\\b', 'two\nlines', 'a\u2028b']) {
    const after = await given({ T_DB_PASSWORD: '', T_JWT_SECRET: value }, 'DB_PASSWORD=old\n')
    assert.is(
      after?.problems.map(describeProblem).join('\n'),
      'T_DB_PASSWORD is empty, and other secrets are given\n' +
        '→ is it set in GitHub, and spelt like this? gh secret set T_DB_PASSWORD --env production\n' +
        'T_JWT_SECRET has a character in it that the programs which read the .env file understand differently\n' +
        "→ use no ' \\ ${ and no line ends or control characters; openssl rand -hex 32 makes a good one",
    )
    assert.is(after?.text, 'DB_PASSWORD=old\n')
  }
})

giving.run()
