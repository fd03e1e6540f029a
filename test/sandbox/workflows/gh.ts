import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const text = { type: 'string' } as const
const commands: Readonly<Record<string, Readonly<Record<string, { type: 'string' | 'boolean' }>>>> = {
  api: { jq: text },
  'issue list': { label: text, state: text, json: text, limit: text, jq: text },
  'issue create': { title: text, label: text, 'body-file': text },
  'issue comment': { 'body-file': text },
  'issue close': { comment: text, reason: text },
  'label create': { description: text, force: { type: 'boolean' } },
}

/** What a program ends with: 200 is success, and anything else what GitHub answered. */
export interface Ended {
  readonly status: number
  readonly said: string
}

class Refused extends Error {
  readonly ended: Ended
  constructor(ended: Ended) {
    super(ended.said)
    this.ended = ended
  }
}

/**
 * GitHub's own program as far as our workflows use it, asking the stand-in for its API. As the real one, it leaves what
 * GitHub answered to a question that fails on its standard output.
 * @param handed what `bin/gh` sends: its words, its variables and its standard input, in Base64
 */
export async function gh(api: string, handed: string): Promise<Ended> {
  const [given = '', variables = '', input = ''] = handed
    .split(' ')
    .map(part => Buffer.from(part, 'base64').toString())
  const words = given.split('\0').slice(0, -1)
  const env = Object.fromEntries(variables.split('\0').map(each => each.split(/=(.*)/s)))
  const { GH_TOKEN: token, GH_REPO: repository } = env
  const name = words.splice(0, words[0] === 'api' ? 1 : 2).join(' ')
  try {
    if (!token || !repository) throw new Refused({ status: 400, said: 'GH_TOKEN and GH_REPO must be set' })
    const { values, positionals } = parseArgs({
      args: words,
      options: commands[name] ?? {},
      allowPositionals: true,
    })
    const options: Readonly<Record<string, string>> = Object.fromEntries(
      Object.entries(values).map(([option, value]) => [option, String(value)]),
    )
    const asking = { api, token, repository, env, subject: `${positionals[0]}` }
    return {
      status: 200,
      said: await act(name, asking, { ...options, body: options['comment'] ?? input.trimEnd() }),
    }
  } catch (error) {
    return error instanceof Refused ? error.ended : { status: 400, said: String(error) }
  }
}

interface Asking {
  readonly api: string
  readonly token: string
  readonly repository: string
  readonly env: NodeJS.ProcessEnv
  readonly subject: string
}

async function act(name: string, asking: Asking, options: Readonly<Record<string, string>>): Promise<string> {
  const { subject, repository } = asking
  const { title, label, state, json = '', jq = '', body, reason } = options
  const issues = `repos/${repository}/issues`
  const issue = `${issues}/${subject.split('/').at(-1)}`
  switch (name) {
    case 'api':
      return filtered(await ask(asking, 'GET', subject), jq, asking)
    case 'label create':
      await ask(asking, 'POST', `repos/${repository}/labels`, { name: subject })
      return ''
    case 'issue create':
      return `${(await ask(asking, 'POST', issues, { title, body, labels: [label] }))['html_url']}\n`
    case 'issue list': {
      const found = await ask(asking, 'GET', `${issues}?state=${state}&labels=${label}`)
      const shown = Object.values(found) as Record<string, unknown>[] // an array, by the API's shape
      const named = shown.map(each => ({ ...each, url: each['html_url'] }) as Record<string, unknown>)
      return filtered(
        named.map(each => Object.fromEntries(json.split(',').map(key => [key, each[key]]))),
        jq,
        asking,
      )
    }
    case 'issue comment':
    case 'issue close':
      await ask(asking, 'POST', `${issue}/comments`, { body })
      if (name === 'issue close') await ask(asking, 'PATCH', issue, { state: 'closed', state_reason: reason })
      return ''
    default:
      throw new Error(`the stand-in for gh has no ${name}`)
  }
}

async function ask({ api, token }: Asking, method: string, path: string, body?: object) {
  const answer = await fetch(`${api}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Refused({ status: answer.status, said })
  return JSON.parse(said) as Record<string, unknown>
}

function filtered(answer: unknown, filter: string, { env }: Asking): string {
  const { status, stdout, stderr, error } = spawnSync('jq', ['--raw-output', '--compact-output', filter], {
    input: JSON.stringify(answer),
    encoding: 'utf8',
    env,
  })
  if (error || status !== 0) throw error ?? new Error(stderr)
  return stdout
}
