import { Failure, type Problem } from '../base/failure.ts'
import type { Project } from '../docker/project.ts'
import { type Collation, collationProblems, collationScript } from './collations.ts'
import { sql } from './database.ts'

/** What is wrong with the order of texts in the databases; nothing where they cannot be asked: that is said elsewhere. */
export async function collationsOf(project: Project): Promise<Problem[]> {
  try {
    const found = JSON.parse(await sql(project, collationScript)) as Collation[] // as the script prints it
    return collationProblems(project, found)
  } catch (error) {
    if (error instanceof Failure) return []
    throw error
  }
}
