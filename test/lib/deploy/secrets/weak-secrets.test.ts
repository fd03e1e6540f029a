import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { weaknesses } from '../../../../lib/deploy/secrets/check.ts'
import { environmentIn } from '../../fixtures.ts'

const weak = suite('secrets: those that could be guessed')

weak('each is named with the command that replaces it, and never shown', () => {
  const environment = environmentIn('/nowhere', {
    secrets: {
      DB_PASSWORD: { services: ['db'], leastLength: 20 },
      API_KEY: { services: ['backend'], leastLength: 32 },
      JWT_SECRET: { services: ['backend'], leastLength: 32 },
      VIZION: { services: ['backend'] },
    },
  })
  const found = weaknesses(environment, {
    DB_PASSWORD: 'tracehub-2024',
    API_KEY: '9f86d0',
    JWT_SECRET: '0f4c1d7be92a86530f1e2d3c4b5a6978',
    VIZION: 'k',
  })
  assert.equal(
    found.map(({ what }) => what.split(':')[0]),
    ['DB_PASSWORD is weak', 'API_KEY is weak'],
  )
  assert.match(found[0]?.fix ?? '', /secrets\.ts rotate DB_PASSWORD -e production/)
  assert.not.match(JSON.stringify(found), /tracehub-2024|9f86d0/)
})

weak.run()
