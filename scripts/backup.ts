#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { dirname, join } from 'node:path'
import { compress } from '../lib/backup/compress.ts'
import { drill, drillFile } from '../lib/backup/drill/drill.ts'
import { backUp } from '../lib/backup/dump.ts'
import { backupDirectory, backupOf, findGiven, listBackups } from '../lib/backup/list.ts'
import type { Manifest } from '../lib/backup/manifest.ts'
import type { Offsite } from '../lib/backup/offsite/address.ts'
import { backupOptions, backupWanted, type NewBackup } from '../lib/backup/options.ts'
import { settleDatabase } from '../lib/backup/repair.ts'
import { verify } from '../lib/backup/restore.ts'
import { backupRows, backupTable, elseLacking } from '../lib/backup/result.ts'
import { scheduleText } from '../lib/backup/schedule.ts'
import { copyUploads } from '../lib/backup/uploads.ts'
import { commandOf, quoted } from '../lib/base/command-text.ts'
import { UsageError } from '../lib/base/failure.ts'
import { commonOptions } from '../lib/base/options.ts'
import { duration, shown } from '../lib/base/text.ts'
import { main } from '../lib/cli/main.ts'
import { runOn } from '../lib/deploy/on-site.ts'
import type { Environment } from '../lib/environment/environment.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import type { Site } from '../lib/proxy/site.ts'
import type { Result } from '../lib/run/events.ts'

async function backup(site: Site, wanted: NewBackup): Promise<Result> {
  const { environment, run } = site
  await run.step('Repair what an interrupted run left', step => settleDatabase(site, step))
  let manifest = await run.step('Back up the database', step =>
    backUp(site, { reason: wanted.reason, hashed: wanted.verified }, step),
  )
  const command = commandOf('backup', environment.name)
  const also = async (lacking: string, next: string, act: () => Promise<Manifest>): Promise<void> => {
    manifest = await elseLacking(manifest, { lacking, next }, act)
  }
  if (wanted.uploads)
    await also('WITHOUT the uploads', `then make another one: ${command}`, () =>
      run.step('Copy the uploads', step => copyUploads(site, manifest, step)),
    )
  if (wanted.verified)
    await also('NOT verified', `to try again: ${command} --verify ${manifest.file}`, () =>
      verifyStep(site, backupOf(environment, manifest).file),
    )
  if (wanted.compressed)
    await also('NOT compressed', 'it can be restored as it is', async () => {
      const backup = backupOf(environment, manifest)
      return (await run.step('Compress it', step => compress(site, backup, step))) ?? manifest
    })
  if (wanted.offsite) await copyStep(site, manifest, wanted.offsite)
  return backupRows(manifest)
}

const verifyStep = (site: Site, file: string): Promise<Manifest> =>
  site.run.step('Verify it by restoring it', step => verify(site, file, step))

const copyStep = (site: Site, manifest: Manifest, offsite: Offsite): Promise<void> =>
  elseLacking(
    manifest,
    {
      lacking: 'NOT offsite',
      next: `then copy it: ${commandOf('backup', site.environment.name)} --verify ${manifest.file} --to ${quoted(offsite.url)}`,
    },
    async () => {
      const { copyOffsite } = await import('../lib/backup/offsite/copy.ts') // SSH weighs as much as all the rest
      await site.run.step('Copy it offsite', step => copyOffsite(site, manifest, offsite, step))
    },
  )

/** The quarterly drill: could we recover, and how long would it take? */
async function practise(site: Site): Promise<Result> {
  await site.run.step('Repair what an interrupted run left', step => settleDatabase(site, step))
  const done = await drill(site)
  return [
    ['recovered from', done.backup],
    ['version', done.tag],
    ['would be lost', `what was written in the last ${duration(done.age)}`],
    ['recovery took', duration(done.recovery)],
    ['recorded in', drillFile(site.environment)],
  ]
}

/** Brings the newest recovery point from elsewhere to this machine. */
async function pull(site: Site, from: Offsite): Promise<Result> {
  const { pullOffsite } = await import('../lib/backup/offsite/pull.ts')
  const manifest = await site.run.step('Bring the newest backup here', step => pullOffsite(site, from, step))
  return backupRows(manifest)
}

/** Verifies a backup that exists; and copies it elsewhere, where that is wanted. */
async function verifyGiven(site: Site, given: string, offsite: Offsite | undefined): Promise<Result> {
  const { environment, run } = site
  const file = findGiven(environment, given)
  if (offsite && dirname(file) !== backupDirectory(environment))
    throw new UsageError(
      `${shown(given)} is not in backups/`,
      'move it there, and it can be copied elsewhere',
    )
  await run.step('Repair what an interrupted run left', step => settleDatabase(site, step))
  const manifest = await verifyStep(site, file)
  if (offsite) await copyStep(site, manifest, offsite)
  return backupRows(manifest)
}

function list(environment: Environment, json: boolean): string {
  const backups = listBackups(environment)
  return `${json ? JSON.stringify(backups) : backupTable(backups, Date.now())}\n`
}

void main({
  name: 'backup',
  summary: 'Backs the database and the uploads up, and verifies a backup by restoring it.',
  options: { ...commonOptions, ...backupOptions },
  examples: [
    ['npx tsx scripts/backup.ts -e production --verify', 'a backup that is verified'],
    ['npx tsx scripts/backup.ts -e production --list', 'which backups there are'],
    ['npx tsx scripts/backup.ts -e production --drill', 'the disaster-recovery drill'],
    [
      'npx tsx scripts/backup.ts -e production --verify backup_20260103_120000.sql',
      'whether that can be restored',
    ],
  ],
  run: async options => {
    const wanted = backupWanted(options)
    const environment = await loadEnvironment(options.environment)
    const toolkit = join(import.meta.dirname, '..')
    if (wanted.do === 'list') process.stdout.write(list(environment, options.json))
    if (wanted.do === 'schedule') process.stdout.write(scheduleText(environment.name, toolkit, wanted.words))
    if (wanted.do === 'list' || wanted.do === 'schedule') return 0
    const session = { script: 'backup', ...options, quiet: options.scheduled }
    return runOn(environment, session, site => {
      if (wanted.do === 'pull') return pull(site, wanted.from)
      if (wanted.do === 'drill') return practise(site)
      if (wanted.do === 'verify') return verifyGiven(site, wanted.file, wanted.offsite)
      return backup(site, wanted)
    })
  },
})
