import type { ClientChannel } from 'ssh2'
import { commandOf, quoted } from '../base/command-text.ts'
import { exitCodes, Failure } from '../base/failure.ts'
import { redact } from '../base/redact.ts'
import { lastLines } from '../base/text.ts'
import { chooseRenderer } from '../run/output/choose.ts'
import type { Listener } from '../run/run-log.ts'
import { Disconnected, open } from './command.ts'
import type { Access, Connection } from './connect.ts'
import { type Errand, type Frame, lineSplitter, openingLine, type Word } from './frames.ts'
import type { Preparation } from './preparation.ts'
import { type Installed, porterOf } from './probe.ts'

export interface Following {
  readonly access: Access
  readonly connection: Connection
  readonly installed: Installed
  readonly errand: Errand & Required<Pick<Errand, 'start'>>
  readonly preparation: Preparation
  readonly verbose: boolean
}

/** The command that shows a run again. */
export const lookAgain = ({ access, errand }: Pick<Following, 'access' | 'errand'>): string =>
  `${commandOf(errand.start.script, access.environment)} --attach`

/** One Ctrl-C may arrive twice within this time (ms): from the terminal, and relayed by what started us. */
const echo = 1000

/** The person or the workflow that follows: sees what the script says, and may answer it. */
export class Audience {
  readonly #following: Following
  #renderer: Listener | undefined
  #position = 0
  #started = false
  #stops = 0
  #stoppedAt = 0
  #channel: ClientChannel | undefined
  #code: number | undefined
  readonly #onSignal = (): void => this.#stop()
  readonly #onInput = (chunk: Buffer): void => this.#send({ type: 'input', base64: chunk.toString('base64') })
  readonly #onEnd = (): void => this.#send({ type: 'end-of-input' })

  constructor(following: Following) {
    this.#following = following
    process.on('SIGINT', this.#onSignal)
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}) // the run goes on
  }

  leave(): void {
    process.off('SIGINT', this.#onSignal)
    this.#setRaw(false)
    this.#read(false)
  }

  /**
   * Follows over one connection.
   * @param porter where one has come to the door already
   * @throws Disconnected when the connection is lost.
   */
  async attend(connection: Connection, porter?: ClientChannel): Promise<number> {
    const { installed, errand } = this.#following
    const channel = porter ?? (await open(connection, `exec ${porterOf(installed).map(quoted).join(' ')}`))
    this.#channel = channel
    channel.on('error', () => {}) // 'close' follows
    const { start: _, ...again } = errand
    this.#send({ ...(this.#started ? again : errand), from: this.#position })
    if (this.#stops > 0) this.#send({ type: 'stop' })
    return this.#listen(channel)
  }

  #listen(channel: ClientChannel): Promise<number> {
    return new Promise((resolve, reject) => {
      let complaint = ''
      let isOpen = false
      const onLine = lineSplitter(line => {
        if (isOpen) this.#take(line)
        else if (line === openingLine) {
          isOpen = true
          this.#started = true
        }
      })
      channel.setEncoding('utf8').on('data', (text: string) => {
        try {
          onLine(text)
        } catch (error) {
          reject(error)
        }
      })
      channel.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint += text
      })
      channel.on('close', (status: number | null | undefined) => {
        this.#channel = undefined
        if (this.#code !== undefined) resolve(this.#code)
        else if (typeof status === 'number' && status !== 0)
          reject(
            new Failure({ what: 'the toolkit does not start on the VPS', detail: lastLines(complaint, 12) }),
          )
        else reject(new Disconnected())
      })
      for (const stream of [channel, channel.stderr]) stream.resume() // it may have been listened to before
    })
  }

  #take(line: string): void {
    const frame = JSON.parse(line) as Frame // from the porter
    if (frame.type !== 'died') this.#position += Buffer.byteLength(line) + 1
    if (frame.type === 'reads') this.#read(frame.on)
    else if (frame.type === 'raw') this.#setRaw(frame.on)
    else if (frame.type === 'exit') this.#code = frame.code
    else if (frame.type === 'died') throw this.#death(frame.detail)
    else if (frame.type === 'event') {
      this.#renderer ??= chooseRenderer({ json: false, verbose: this.#following.verbose })
      this.#renderer(frame.event)
      if (frame.event.type === 'run-started') this.#following.preparation.replay(this.#renderer)
    } else process[frame.type === 'out' ? 'stdout' : 'stderr'].write(frame.text)
  }

  #death(detail: string): Failure {
    const { access, errand } = this.#following
    return new Failure(
      {
        what: `the process of ${errand.start.script} on ${access.destination.host} has ended without a word`,
        detail: redact(detail) || 'killed, or the machine was restarted',
        fix: `${lookAgain(this.#following)}  shows how far it came;\nthe next deploy repairs what it left`,
      },
      exitCodes.needsPerson,
    )
  }

  /** A word of ours between what the run says. */
  remark(text: string): void {
    if (this.#renderer) this.#renderer({ type: 'note', at: Date.now(), text })
    else process.stderr.write(`· ${text}\n`)
  }

  /** Ctrl-C asks the run to stop; a second one leaves it alone. */
  #stop(): void {
    if (Date.now() - this.#stoppedAt < echo) return
    this.#stoppedAt = Date.now()
    this.#stops += 1
    if (this.#stops === 1) {
      this.#send({ type: 'stop' })
      return
    }
    this.#setRaw(false)
    process.stderr.write(`\nleft; the run goes on: ${lookAgain(this.#following)}\n`)
    process.exit(exitCodes.needsPerson)
  }

  #send(line: Word | Errand): void {
    this.#channel?.write(`${JSON.stringify(line)}\n`)
  }

  #read(on: boolean): void {
    const { stdin } = process
    stdin.off('data', this.#onInput).off('end', this.#onEnd)
    if (on) stdin.on('data', this.#onInput).on('end', this.#onEnd).resume()
    else stdin.pause()
  }

  #setRaw(on: boolean): void {
    if (process.stdin.isTTY && process.stdin.isRaw !== on) process.stdin.setRawMode(on)
  }
}
