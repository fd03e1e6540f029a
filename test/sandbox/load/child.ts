import type { Answer, Ask } from './conversation.ts'
import { Generator } from './generator.ts'
import type { Settings } from './settings.ts'

// The generator's own process. The parent decides when it ends: ctrl-C reaches both.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
if (!process.connected) process.exit()

// Written by load.ts, which checked them.
const settings: Settings = JSON.parse(process.argv[2] ?? '')
const generator = new Generator(settings)
answer(0)

process.on('message', async (ask: Ask) => {
  if (ask.want === 'stop') await generator.stop()
  if (ask.want === 'mark') generator.mark(ask.label, ask.at)
  answer(ask.id)
})

function answer(id: number): void {
  process.send?.({ id, report: generator.report() } satisfies Answer)
}
