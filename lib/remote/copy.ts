import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { bytes, count, lastLines } from '../base/text.ts'
import { Disconnected, runScript } from './command.ts'
import type { Connection } from './connect.ts'
import { toolkitDirectory, type Vps } from './probe.ts'
import type { Toolkit } from './toolkit.ts'
import { upload } from './upload.ts'

/** The ways into the toolkit from the environment's directory, where people stand in an emergency. */
const entrances = ['scripts', 'lib', 'environments', 'node_modules', 'package.json', 'package-lock.json']

/**
 * Copies the deployment files: those whose content the VPS does not have yet. They come together as a new set beside
 * the ones that are there; the set gets its name when it is complete, and not before.
 */
export async function copyToolkit(
  connection: Connection,
  { directory, toolkit }: { directory: string; toolkit: Toolkit },
  vps: Vps,
  progress: (text: string) => void,
): Promise<string> {
  const base = toolkitDirectory(directory)
  const blobs = `${base}/blobs`
  const different = new Map(toolkit.files.map(file => [file.blob, file]))
  const missing = [...different.values()].filter(({ blob }) => !vps.blobs.has(blob))
  if (missing.length > 0) {
    await must(connection, `mkdir -p -m 700 -- ${quoted(base)} ${quoted(blobs)}`, 60_000)
    const mark = randomBytes(4).toString('hex')
    const items = missing.map(file => ({
      ...file,
      temporary: `${blobs}/.${file.blob}.${mark}`,
      target: `${blobs}/${file.blob}`,
    }))
    await upload(connection, items, progress)
  }
  if (!vps.hasDependencies) progress('npm ci on the VPS')
  const said = await must(connection, assembleScript(directory, toolkit, vps.node), 15 * 60_000)
  const kept = [...said.matchAll(/^kept (.*)$/gm)].map(match => match[1])
  const sent = missing.reduce((sum, file) => sum + file.bytes, 0)
  return [
    `${count(missing.length, 'file')} of ${toolkit.files.length}, ${bytes(sent)}`,
    ...(vps.hasDependencies ? [] : ['dependencies installed']),
    ...(kept.length > 0 ? [`${kept.join(', ')} in ${directory}: not ours, left alone`] : []),
  ].join('; ')
}

async function must(connection: Connection, script: string, timeout: number): Promise<string> {
  const ran = await runScript(connection, script, { timeout })
  if (ran.code === null) throw new Disconnected()
  if (!ran.ok)
    throw new Failure({
      what: 'the deployment files could not be put in place on the VPS; the ones that were there still are',
      detail: lastLines(ran.stderr || ran.stdout, 12),
      fix: 'fix that, and start again: what has arrived need not travel again',
    })
  return ran.stdout
}

/** Puts a set together from the blobs, under a lock, as often as needed: what is complete is left alone. */
export function assembleScript(directory: string, toolkit: Toolkit, node: string): string {
  const { id, lock, files } = toolkit
  const list = files.map(({ blob, path }) => `${blob} ${path}`).join('\n')
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].filter(path => path !== '.')
  return `set -eu
umask 022
cd -- ${quoted(toolkitDirectory(directory))}
exec 9>.lock
flock 9
mkdir -p sets dependencies
cat >.list <<'end-of-list'
${list}
end-of-list
if [ ! -e dependencies/${lock} ]; then
  rm -rf dependencies/.new
  mkdir dependencies/.new
  for name in package.json package-lock.json; do
    cp "blobs/$(sed -n "s/^\\([^ ]*\\) $name\\$/\\1/p" .list)" dependencies/.new/$name
  done
  PATH=${quoted(dirname(node))}:$PATH
  (cd dependencies/.new && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 9>&-
  mv dependencies/.new dependencies/${lock}
fi
if [ ! -e sets/${id} ]; then
  rm -rf sets/.new
  mkdir sets/.new
  (cd sets/.new && mkdir -p ${folders.map(quoted).join(' ')})
  sed 's/^\\([0-9a-f]*\\)\\(\\.[0-7]*\\) .*/\\1  blobs\\/\\1\\2/' .list | sha256sum --quiet --check >&2
  while read -r blob path; do ln "blobs/$blob" "sets/.new/$path"; done <.list
  ln -s ../../dependencies/${lock}/node_modules sets/.new/node_modules
  mv sets/.new sets/${id}
fi
touch sets/${id}
ln -sfn sets/${id} .current
mv -T .current current
for name in ${entrances.join(' ')}; do
  [ "$(readlink "../$name")" != ".toolkit/current/$name" ] || continue
  if [ -L "../$name" ] || [ ! -e "../$name" ]; then ln -sfn ".toolkit/current/$name" "../$name"; else echo "kept $name"; fi
done
ls -dt sets/*/ | tail -n +6 | while read -r old; do rm -rf -- "$old"; done
ls -dt dependencies/*/ | tail -n +4 | while read -r old; do rm -rf -- "$old"; done
find blobs -type f -links 1 -mmin +60 -delete
`
}
