import { quoted } from '../base/command-text.ts'
import { Problems } from '../base/failure.ts'
import { count, lastLines } from '../base/text.ts'
import { hear, open } from './command.ts'
import type { Connection } from './connect.ts'
import { type Destination, describeDestination } from './destination.ts'
import { neededNode, problemsIn } from './readiness.ts'
import type { Toolkit } from './toolkit.ts'

/** What is there, learnt in one go. */
export type Vps = Readonly<Awaited<ReturnType<typeof lookAround>>>

export const toolkitDirectory = (directory: string): string => `${directory}/.toolkit`
export const setDirectory = (directory: string, toolkit: Toolkit): string =>
  `${toolkitDirectory(directory)}/sets/${toolkit.id}`

/** Where the toolkit is there: which node runs it, and from which set of files. */
export interface Installed {
  readonly node: string
  readonly set: string
}

/** The words that start one of the toolkit's programs there. */
export const programOf = ({ node, set }: Installed, file: string): string[] => [
  ...[node, '--import', `${set}/node_modules/tsx/dist/loader.mjs`, `${set}/${file}`],
]

/** The program that starts a script there and follows it. */
export const porterOf = (installed: Installed): string[] => programOf(installed, 'lib/remote/steward.ts')

/**
 * Looks at the VPS, and makes the environment's directory where it is missing and may be made.
 * @param porter whether the toolkit's porter is to come to the door at once, where the toolkit is there: it starts
 * while its answer travels, and two round trips are saved
 * @throws Problems with all that keeps a script from running there.
 */
export async function lookAround(
  connection: Connection,
  { destination, directory, toolkit }: { destination: Destination; directory: string; toolkit: Toolkit },
  { porter }: { porter: boolean },
) {
  const script = lookScript(directory, toolkit) + (porter ? porterScript(directory, toolkit) : '')
  const channel = await open(connection, `exec sh -c ${quoted(script)}`)
  const { stdout, stderr } = await hear(channel, isWhole, 60_000)
  const facts = factsIn(stdout)
  if (!facts)
    throw new Problems(`${describeDestination(destination)} does not run a shell script`, [
      {
        what: 'expected the answer of sh -c',
        detail: lastLines(stderr || stdout, 5),
        fix: `the user's shell must be one, not /usr/sbin/nologin`,
      },
    ])
  const problems = problemsIn(facts, destination, directory)
  if (problems.length > 0)
    throw new Problems(
      `${describeDestination(destination)} is not ready: ${count(problems.length, 'problem')}`,
      problems,
    )
  const hasToolkit = facts.get('toolkit') === 'here'
  return {
    /** The path of a Node.js that is new enough. */
    node: facts.get('node')?.split(' ')[0] ?? '',
    hasToolkit,
    hasDependencies: facts.get('dependencies') === 'here',
    /** What need not travel again. */
    blobs: new Set(facts.get('blobs')?.split(' ')),
    /** Where the toolkit is there: its porter, who waits for the errand. */
    porter: porter && hasToolkit ? channel : undefined,
  }
}

/** Dotfiles may print before us: what we say stands between two lines of our own. */
const [begin, end] = ['tracehub-look-begins', 'tracehub-look-ends']

export function lookScript(directory: string, toolkit: Toolkit): string {
  const base = toolkitDirectory(directory)
  return `d=${quoted(directory)}
echo ${begin}
best=
for n in "$(command -v node)" /usr/local/bin/node /usr/bin/node "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node "$HOME"/.volta/bin/node /opt/node*/bin/node; do
  [ -x "$n" ] || continue
  v=$("$n" --version 2>/dev/null) || continue
  major=\${v#v}; minor=\${major#*.}; major=\${major%%.*}; minor=\${minor%%.*}
  { [ "$major" -gt ${neededNode.major} ] || { [ "$major" -eq ${neededNode.major} ] && [ "$minor" -ge ${neededNode.minor} ]; }; } 2>/dev/null && best="$n $v" && break
  [ -n "$best" ] || best="$n $v"
done
echo "node=$best"
[ -n "$best" ] && [ -x "\${best%/node *}/npm" ] && echo npm=here
if ! command -v docker >/dev/null; then echo docker=missing
elif [ -S /var/run/docker.sock ] && ! [ -w /var/run/docker.sock ]; then echo docker=refused
fi
for p in flock setpriv; do command -v $p >/dev/null || echo "missing-$p=yes"; done
mkdir -p -- "$d" 2>/dev/null
if ! [ -d "$d" ]; then echo directory=missing
elif ! [ -w "$d" ]; then echo directory=refused
else echo "free=$(df -Pk -- "$d" | awk 'NR == 2 { print $4 }')"
fi
if [ -e ${quoted(`${base}/sets/${toolkit.id}`)}/package.json ]; then
  echo toolkit=here
  [ "$(readlink ${quoted(`${base}/current`)})" = sets/${toolkit.id} ] || ln -sfn sets/${toolkit.id} ${quoted(`${base}/current`)}
else echo "blobs=$(ls ${quoted(`${base}/blobs`)} 2>/dev/null | tr '\\n' ' ')"
fi
[ -e ${quoted(`${base}/dependencies/${toolkit.lock}`)} ] && echo dependencies=here
echo ${end}
`
}

/** After the script that looks, in the same shell. */
export function porterScript(directory: string, toolkit: Toolkit): string {
  const set = setDirectory(directory, toolkit)
  const words = porterOf({ node: '', set }).slice(1).map(quoted).join(' ')
  return `[ -e ${quoted(set)}/package.json ] && [ -n "$best" ] && exec "\${best% *}" ${words}
exit 0
`
}

const isWhole = (stdout: string): boolean => factsIn(stdout) !== undefined

/** What the script said, by its names; undefined when it did not come to its end. */
export function factsIn(stdout: string): Map<string, string> | undefined {
  const lines = stdout.split('\n').map(line => line.trimEnd())
  const [first, last] = [lines.lastIndexOf(begin), lines.lastIndexOf(end)]
  if (first === -1 || last < first) return undefined
  return new Map(
    lines.slice(first + 1, last).flatMap(line => {
      const [, name, value] = /^([a-z-]+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    }),
  )
}
