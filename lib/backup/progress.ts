import { statSync } from 'node:fs'
import { bytes, duration } from '../base/text.ts'
import { maintenance, sql } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'
import type { Step } from '../run/step.ts'

/**
 * Says how far a file has grown until it is stopped: bytes, rate and how long it will take.
 * @param expected how large it will be about, in bytes
 */
export function watchGrowth(file: string, expected: number, say: (text: string) => void): { stop(): void } {
  const started = performance.now()
  const timer = setInterval(() => {
    const size = statSync(file, { throwIfNoEntry: false })?.size
    if (size) say(growth(size, expected, performance.now() - started))
  }, 500)
  return { stop: () => clearInterval(timer) }
}

/** `412.0 MiB of about 2.1 GiB · 180.0 MiB/s · 9.2 s left` */
export function growth(size: number, expected: number, ms: number): string {
  const rate = size / (ms / 1000)
  const said = `${bytes(size)}${size < expected ? ` of about ${bytes(expected)}` : ''} · ${bytes(Math.round(rate))}/s`
  return size < expected ? `${said} · ${duration(((expected - size) / rate) * 1000)} left` : said
}

/** Says how large a database is that is being filled. @param expected how large it will be about, in bytes */
export function watchDatabase(
  project: Project,
  name: string,
  expected: number | undefined,
  step: Pick<Step, 'progress'>,
): { stop(): void } {
  const size = `select pg_database_size(oid) from pg_database where datname = ${literal(name)}`
  const timer = setInterval(() => {
    sql(project, size, { database: maintenance }).then(
      text => step.progress(`${bytes(Number(text))}${expected ? ` of about ${bytes(expected)}` : ''}`),
      () => undefined, // only what is shown meanwhile
    )
  }, 2000)
  return { stop: () => clearInterval(timer) }
}
