import { mkdirSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect as http2Connect } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { registry } from '../build-images.ts'
import { docker, dockerList } from '../docker.ts'
import { type Finished, type Started, script, start } from '../harness.ts'
import { onLoopback } from '../load/settings.ts'
import { ensureRoot, ofProject, removeEnvironment, sandboxRoot } from '../root.ts'
import { Authority } from './authority.ts'

export const ports = { http: 8080, https: 8443 } as const
export const domains = {
  production: 'tracehub.vibotaj.com',
  staging: 'staging.tracehub.vibotaj.com',
} as const
type Name = keyof typeof domains

/** The edge's directory as on a new VPS, and a certificate authority for it. */
export class EdgeScene {
  readonly directory = join(sandboxRoot, 'shared')
  readonly ca: Authority

  private constructor(ca: Authority) {
    this.ca = ca
  }

  static async fresh(): Promise<EdgeScene> {
    await removeEnvironment('shared')
    await ensureRoot()
    const directory = join(sandboxRoot, 'shared')
    mkdirSync(join(directory, 'ca'), { recursive: true })
    return new EdgeScene(await Authority.in(join(directory, 'ca')))
  }

  path(...names: string[]): string {
    return join(this.directory, ...names)
  }

  /** As certbot does it. */
  issue(name: Name, days: number): Promise<void> {
    const live = this.path('ssl', 'live', domains[name])
    return this.ca.issue(domains[name], {
      certificate: join(live, 'fullchain.pem'),
      key: join(live, 'privkey.pem'),
      days,
    })
  }

  start(env: Record<string, string> = {}, ...more: readonly string[]): Started {
    return start('deploy', ['-e', 'shared', ...more], env)
  }

  deploy(env: Record<string, string> = {}, ...more: readonly string[]): Promise<Finished> {
    return script('deploy', ['-e', 'shared', ...more], env)
  }

  containers(): Promise<string[]> {
    return dockerList('ps', ofProject('shared'), '--format', '{{.Names}}')
  }
}

/** Another HAProxy image, under the tag `3.0-next`. */
export async function pushNextImage(scene: EdgeScene): Promise<void> {
  const directory = scene.path('ca', 'next')
  mkdirSync(directory)
  writeFileSync(join(directory, 'Dockerfile'), 'FROM tracehub-sandbox/haproxy\nLABEL next=yes\n')
  const image = `${registry.host}/library/haproxy:3.0-next`
  const config = ['--config', join(directory, 'login')]
  const login = ['login', '--username', registry.user, '--password-stdin', registry.host]
  await run(['docker', ...config, ...login], { input: registry.password })
  await docker('build', '--quiet', '--tag', image, directory)
  await docker(...config, 'push', '--quiet', image)
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** The name in the handshake, where it is another than the address's. */
  readonly servername?: string
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2'
}

/** One request to the edge, by HTTP/1.1; without a CA by plain http. Nothing of the toolkit's code takes part. */
export function ask(host: string, ca: Buffer | undefined, asked: Asked = {}): Promise<Answer> {
  const { path = '/', method = 'GET', headers = {}, body, ...tls } = asked
  return new Promise((resolve, reject) => {
    const request = (ca ? httpsRequest : httpRequest)(
      {
        ...{ host, port: ca ? ports.https : ports.http, path, method, headers: { host, ...headers } },
        ...{ lookup: onLoopback, agent: false, servername: host, ...tls, ...(ca && { ca }) },
        ...(tls.maxVersion === 'TLSv1.1' && { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      },
      answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Why a request was not answered: OpenSSL's or the system's words for it. */
export async function refusal(host: string, ca: Buffer, asked: Asked = {}): Promise<string> {
  try {
    return `answered ${(await ask(host, ca, asked)).status}`
  } catch (error) {
    return String(error)
  }
}

/** The same by HTTP/2. */
export function askByHttp2(host: string, ca: Buffer, path: string): Promise<Pick<Answer, 'status' | 'body'>> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`https://${host}:${ports.https}`, { ca, lookup: onLoopback })
    session.on('error', reject)
    const stream = session.request({ ':path': path })
    let status = 0
    let body = ''
    stream.setEncoding('utf8')
    stream.on('response', headers => {
      status = Number(headers[':status'])
    })
    stream.on('data', (chunk: string) => {
      body += chunk
    })
    stream.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve({ status, body })
    })
    stream.end()
  })
}
