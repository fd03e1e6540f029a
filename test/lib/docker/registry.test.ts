import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registryOf } from '../../../lib/docker/registry.ts'

const naming = suite("registry: of an image's name")

for (const [image, registry] of [
  ['registry.example/org/tracehub-backend', 'registry.example'],
  ['127.0.0.1:5050/tracehub-backend', '127.0.0.1:5050'],
  ['localhost/tracehub-backend', 'localhost'],
  ['localhost:5000/x', 'localhost:5000'],
  ['postgres', 'docker.io'],
  ['postgres:17.5', 'docker.io'],
  ['org/tracehub-backend', 'docker.io'],
] as const)
  naming(`${image} is in ${registry}`, () => assert.is(registryOf(image), registry))

naming.run()
