import { statSync } from 'node:fs'
import { compress } from '../../backup/compress.ts'
import { removeBackup } from '../../backup/list.ts'
import { endDumps } from '../../backup/snapshot.ts'
import { problemOf } from '../../base/failure.ts'
import { attempt, commandFailed } from '../../base/shell.ts'
import { bytes, count, lastLines } from '../../base/text.ts'
import { admin } from '../../database/database.ts'
import { identifier } from '../../database/sql-words.ts'
import { databaseAnswers } from '../../database/state.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import type { Candidate } from './candidate.ts'
import { removeFiles } from './files.ts'
import { cheapSurvey } from './survey.ts'

/** Removes what was decided on, and nothing else. What cannot be removed is said, and the rest goes on. */
export async function sweep(site: Site, candidates: readonly Candidate[], step: Step): Promise<void> {
  const of = (kind: Candidate['kind']): readonly Candidate[] => candidates.filter(one => one.kind === kind)
  const files = candidates.flatMap(one => one.files ?? [])
  const halves = of('leftover').some(({ name }) => name.startsWith('backups/'))
  // The database's side of a run that was killed may still be writing one.
  if (halves && (await databaseAnswers(site))) await endDumps(site.project)
  const removed = removeFiles(site.environment.directory, files)
  const gone = new Set(removed.map(({ path }) => path))
  for (const { backup } of of('backup'))
    if (backup && gone.has(backup.file)) removeBackup(site.environment, backup) // the copy of the uploads
  const said = [count(removed.length, 'file')]
  for (const [kind, noun, act] of acts) {
    let done = 0
    for (const one of of(kind)) {
      step.progress(one.name)
      site.run.signal.throwIfAborted()
      const problem = await act(site, one)
      if (problem === undefined) done += 1
      else site.run.warn({ what: `${one.name} stays: ${problem}` })
    }
    if (done > 0) said.push(count(done, noun))
  }
  const freed = await compressAll(site, of('compress'), step)
  if (freed) said.push(freed)
  step.note(said.join(', '))
}

/** How a thing goes; each returns why it could not, if it could not. */
const acts: readonly (readonly [
  kind: Candidate['kind'],
  noun: string,
  act: (site: Site, one: Candidate) => Promise<string | undefined>,
])[] = [
  // Not by force: one that somebody has started meanwhile stays. And never a volume with it.
  ['container', 'container', (_, one) => docker('rm', '--', one.id ?? '')],
  // Docker itself refuses where a container has it.
  ['image', 'image', (_, one) => docker('rmi', '--', ...(one.names ?? []))],
  ['database', 'database', dropDatabase],
]

/**
 * What is gone already is done: somebody else removed it, or it went with another of its names (a tag takes its
 * digest along, which in containerd's store every image has).
 */
async function docker(...words: readonly string[]): Promise<string | undefined> {
  const command = ['docker', ...words]
  const ran = await attempt(command)
  if (ran.ok) return undefined
  const problems = ran.stderr
    .split('\n')
    .filter(line => line.trim() !== '' && !/no such (image|container)/i.test(line))
  if (problems.length > 0) return lastLines(problems.join('\n'), 1)
  return ran.stderr.trim() === '' ? commandFailed(command, ran).what : undefined
}

/** Without force: a database that somebody is looking at stays. */
async function dropDatabase({ project }: Site, { id = '' }: Candidate): Promise<string | undefined> {
  try {
    await admin(project, `drop database if exists ${identifier(id)}`)
    return undefined
  } catch (error) {
    return problemOf(error).detail ?? problemOf(error).what
  }
}

/** A dump that is compressed is unpacked again and compared before the plain one goes. @returns what it freed. */
async function compressAll(site: Site, dumps: readonly Candidate[], step: Step): Promise<string | undefined> {
  const backups = dumps.flatMap(({ backup }) => backup ?? [])
  if (backups.length === 0) return undefined
  let freed = 0
  let done = 0
  const quiet = { progress: (text: string) => step.progress(text), note: () => {}, skip: () => {} }
  for (const backup of backups) {
    step.progress(`compressing ${backup.name}`)
    site.run.signal.throwIfAborted()
    try {
      await compress(site, backup, quiet)
      freed += backup.bytes - statSync(`${backup.file}.zst`).size
      done += 1
    } catch (error) {
      site.run.signal.throwIfAborted()
      site.run.warn(problemOf(error))
    }
  }
  return `${count(done, 'backup')} compressed, ${bytes(freed)} freed`
}

/** The cheap part of a cleanup, with which a deploy ends: images and old logs. */
export const cleanUp = async (site: Site, step: Step): Promise<void> =>
  sweep(site, await cheapSurvey(site), step)
