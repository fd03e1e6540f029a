import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gh } from './gh.ts'

interface Issue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly labels: readonly string[]
  readonly comments: string[]
  state: 'open' | 'closed'
}

/** Where the stand-in for GitHub's own program is, which asks the one below. */
export const ghsPlace = join(import.meta.dirname, 'bin')

/** The part of GitHub's API that keeps issues, on this machine. It knows one token. */
export interface IssueTracker {
  readonly api: string
  readonly issues: readonly Issue[]
  /** What else it answers to GET, by the path below the repository: `/environments/production`; a number is a status. */
  readonly answers: Map<string, unknown>
  /** What it was asked, with the method: `GET /environments/production`. */
  readonly asked: readonly string[]
  close(): void
}

export async function issueTracker(token: string): Promise<IssueTracker> {
  const issues: Issue[] = []
  const answers = new Map<string, unknown>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }
      if (request.url === '/gh')
        return void gh(apiOf(server), text).then(({ status, said }) => response.writeHead(status).end(said))
      if (request.headers.authorization !== `Bearer ${token}`)
        return answer(401, { message: 'Bad credentials' })
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, never>)
      const { pathname, searchParams } = new URL(`${request.url}`, 'http://localhost')
      const below = pathname.replace('/repos/vibotaj/tracehub', '')
      asked.push(`${request.method} ${below}`)
      const known = answers.get(below)
      if (typeof known === 'number') return answer(known, { message: `It is ${known}` })
      if (request.method === 'GET' && !below.startsWith('/issues'))
        return known === undefined ? answer(404, { message: 'Not Found' }) : answer(200, known)
      if (request.method === 'POST' && below === '/labels') return answer(201, body)
      const [, number, comments] =
        /^\/repos\/vibotaj\/tracehub\/issues(?:\/(\d+)(\/comments)?)?$/.exec(pathname) ?? []
      const issue = issues.find(each => each.number === Number(number))
      const shown = (each: Issue) => ({
        ...each,
        html_url: `https://github.example/vibotaj/tracehub/issues/${each.number}`,
      })
      if (request.method === 'GET')
        return answer(
          200,
          issues
            .filter(each => each.state === 'open' && each.labels.includes(`${searchParams.get('labels')}`))
            .map(shown),
        )
      if (request.method === 'POST' && !number) {
        const made: Issue = {
          number: issues.length + 1,
          comments: [],
          state: 'open',
          ...(body as object),
        } as unknown as Issue // as it was posted
        issues.push(made)
        return answer(201, shown(made))
      }
      if (!issue) return answer(404, { message: 'Not Found' })
      if (comments) issue.comments.push(`${body['body']}`)
      else issue.state = body['state'] ?? issue.state
      answer(200, shown(issue))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { api: apiOf(server), issues, answers, asked, close: () => server.close() }
}

const apiOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
