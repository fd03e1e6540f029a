import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** Workflows and composite actions as YAML has them: what we use of the syntax. */
export interface Step {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
  readonly run?: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
  readonly 'working-directory'?: string
  readonly 'continue-on-error'?: boolean
}

export interface Job {
  readonly name?: string
  readonly needs?: string | readonly string[]
  readonly if?: string
  readonly uses?: string
  readonly 'runs-on'?: string
  readonly 'timeout-minutes'?: number
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: { readonly name: string; readonly url: string }
  readonly with?: Readonly<Record<string, string>>
  readonly secrets?: 'inherit'
  readonly concurrency?: unknown
  readonly outputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly services?: Readonly<Record<string, unknown>>
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> }
  readonly steps?: readonly Step[]
}

export interface Workflow {
  readonly name: string
  readonly 'run-name'?: string
  readonly on: {
    readonly push?: { readonly branches: readonly string[] }
    readonly pull_request?: { readonly branches: readonly string[] }
    readonly workflow_call?: {
      readonly inputs?: Readonly<
        Record<string, { readonly type: string; readonly required?: boolean; readonly default?: string }>
      >
      readonly outputs?: Readonly<Record<string, { readonly value: string }>>
    } | null
    readonly workflow_dispatch?: {
      readonly inputs: Readonly<Record<string, { readonly default: string | boolean }>>
    }
  }
  readonly permissions?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean }
  readonly defaults?: { readonly run: { readonly 'working-directory': string } }
  readonly jobs: Readonly<Record<string, Job>>
}

export interface Action {
  readonly inputs?: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

export const readWorkflow = (file: string): Workflow => parse(readFileSync(file, 'utf8')) as Workflow // actionlint checks it
export const readAction = (directory: string): Action =>
  parse(readFileSync(`${directory}/action.yml`, 'utf8')) as Action // every input of it is used by the tests

export const needsOf = ({ needs }: Job): readonly string[] =>
  needs === undefined ? [] : typeof needs === 'string' ? [needs] : needs
