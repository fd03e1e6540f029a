import { join } from 'node:path'
import { parse } from 'dotenv'
import { readIfThere } from '../base/files.ts'
import type { Colour } from '../environment/environment.ts'
import { type Project, serviceOf } from './project.ts'

/**
 * The variables that a colour's backend runs with. Where it has no container, those of the file from which Compose
 * would make one.
 */
export async function liveVariables(project: Project, colour: Colour): Promise<Record<string, string>> {
  const [backend] = await project.containers([serviceOf('backend', colour)])
  if (backend) return project.variables(backend)
  return parse(readIfThere(join(project.environment.directory, '.env.backend')) ?? '')
}

/** Who the backend is to the database. */
export function loginIn(variables: Readonly<Record<string, string>>): { user: string; password: string } {
  const text = variables['DATABASE_URL'] ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  return { user: decodeURIComponent(url?.username ?? ''), password: decodeURIComponent(url?.password ?? '') }
}
