import { describeProblem, type Problem } from '../../base/failure.ts'
import { duration, printable } from '../../base/text.ts'
import type { EventOf, RunEvent } from '../events.ts'

/** One message, for people. */
export interface Message {
  /** `🔴 production: deploy of main-3f1c9a0 was rolled back` */
  readonly headline: string
  readonly colour: 'good' | 'warning' | 'danger'
  /** Name and value, in the order in which they are shown. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** Those without a value are left out. */
type Facts = readonly (readonly [name: string, value: string | undefined])[]

/** Scripts that change what users get are announced from their beginning; of others only failures are news. */
const announced = ['deploy', 'rollback', 'secrets']

/** Turns a run's events into messages, as they come. */
export function messagesOf(): (event: RunEvent) => Message | undefined {
  let started: EventOf<'run-started'> | undefined
  let tag: string | undefined
  let failedStep: string | undefined
  let said = false

  const about = (): string => `${started?.script}${tag ? ` of ${tag}` : ''}`
  const message = (sign: string, text: string, colour: Message['colour'], facts: Facts = []): Message => {
    const { environment = '', who = '', why } = started ?? {}
    const about: Facts = [
      ['environment', environment],
      ['release', tag],
      ['who', who],
    ]
    const all: Facts = [...about, ...facts, ['workflow run', why]]
    return {
      headline: `${sign} ${environment}: ${text}`,
      colour,
      facts: all.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
    }
  }
  const begun = (): Message | undefined => {
    if (said || !announced.includes(started?.script ?? '')) return undefined
    said = true
    const isRollback = started?.script === 'rollback'
    return message(isRollback ? '🟠' : '🔵', `${about()} has begun`, isRollback ? 'warning' : 'good')
  }

  return event => {
    switch (event.type) {
      case 'run-started':
        started = event
        return event.script === 'deploy' ? undefined : begun() // what a deploy brings is known a moment later
      case 'target':
        tag = event.tag
        return begun()
      case 'step-finished':
        if (event.outcome === 'failed') failedStep ??= event.title
        return undefined
      case 'taking-back':
        return message('🟠', `${about()} failed, rolling back`, 'warning', causes(event.problem))
      case 'run-finished': {
        const facts: Facts = [
          ...(event.problem ? causes(event.problem) : []),
          ['left', event.left?.join('\n')],
          ['duration', duration(event.ms)],
          ...(event.result ?? []).filter(([name]) => announcedResults.includes(name)),
        ]
        if (event.exitCode === 0)
          return announced.includes(started?.script ?? '')
            ? message('🟢', `${about()} succeeded`, 'good', facts)
            : undefined
        const needsPerson = event.outcome === 'needs a person'
        return message(needsPerson ? '🚨' : '🔴', `${about()} ${verdict(event, failedStep)}`, 'danger', facts)
      }
      default:
        return undefined
    }
  }
}

const announcedResults = ['live', 'schema', 'switch', 'rotated']

function verdict({ outcome, left }: EventOf<'run-finished'>, step: string | undefined): string {
  if (outcome === 'needs a person') return 'MANUAL ACTION REQUIRED'
  if (outcome === 'rolled back') return 'failed and was rolled back'
  if (/^back .*up|^backup/i.test(step ?? '')) return 'failed: the backup failed'
  if (/migration/i.test(step ?? '')) return 'failed: the migration is blocked'
  return left ? 'failed' : 'failed, nothing was changed'
}

const causes = ({ what, detail, fix }: Problem): Facts => [
  ['why', describeProblem({ what, detail })],
  ['next step', fix],
]

/** A fact longer than this is cut: Slack cuts at 3000 characters, by itself and anywhere. */
const longest = 1500

/**
 * A message as Slack's incoming webhooks take it; so do those of Mattermost, Rocket.Chat and, with `/slack` behind its
 * address, Discord (Slack API, "Formatting text": three characters are escaped, and no others).
 */
export function slackJson({ headline, colour, facts }: Message): string {
  const escaped = (text: string): string =>
    printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)
  return JSON.stringify({
    text: escaped(headline),
    attachments: [
      {
        color: colour,
        fallback: escaped(headline),
        fields: facts.map(([title, value]) => ({
          title,
          value: escaped(cut(value)),
          short: value.length < 40,
        })),
      },
    ],
  })
}
