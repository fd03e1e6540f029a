import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { formatEnvFile, parseEnvFile } from '../../../lib/environment/env-file.ts'
import { composeV1 } from '../compose-binaries.ts'
import { say } from '../harness.ts'

/** dotenv's reading is tested with the rest of the pure code; here are the other two readers. */

const readers = suite('what we write and accept in a .env file is what Compose reads')
let directory = ''
readers.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'tracehub-env-'))
  writeFileSync(join(directory, 'docker-compose.yml'), composeFile)
})
readers.after(() => rmSync(directory, { recursive: true }))

const composeFile = `version: '2.4'
services:
  reader:
    image: none
    env_file: .env
`
const awkward = [...`ab1 é😀-_.:/@%+=#"\`{}()[]!&|<>*?~^,;`].concat('  ')
const anyValue = fc.string({ unit: fc.constantFrom(...awkward), maxLength: 16 })

/** Values that we would write, and lines as a person might write them that we accept. */
function samples(): Record<string, string> {
  const written = fc.sample(anyValue, { numRuns: 400, seed: 7 })
  const lines = written.flatMap((value, i) => [
    formatEnvFile('', { [`WRITTEN_${i}`]: value }),
    `TYPED_${i}=${value}\n`,
  ])
  const accepted = lines.filter(line => parseEnvFile(line, '.env').problems.length === 0)
  writeFileSync(join(directory, '.env'), accepted.join(''))
  return { ...parseEnvFile(accepted.join(''), '.env').values }
}

const fromYaml = `import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))`

for (const version of ['v2', 'v1'] as const)
  readers(`Compose ${version}`, async () => {
    const expected = samples()
    assert.ok(Object.keys(expected).length > 450, `${Object.keys(expected).length} are accepted`)
    const compose = version === 'v2' ? ['docker', 'compose'] : [(await composeV1(say)) ?? 'docker-compose']
    const json =
      version === 'v2'
        ? await run([...compose, 'config', '--format', 'json'], { cwd: directory })
        : // PyYAML is what Compose v1 itself is made with.
          await run(['/usr/bin/python3', '-c', fromYaml], {
            input: await run([...compose, 'config'], { cwd: directory }),
          })
    const { services } = JSON.parse(json) as {
      services: { reader: { environment: Record<string, string> } }
    }
    const read = Object.entries(services.reader.environment).map(([key, value]) => [key, value ?? ''])
    assert.equal(Object.fromEntries(read), expected)
  })

readers.run()
