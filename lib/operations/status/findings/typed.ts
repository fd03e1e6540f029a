import { commandOf } from '../../../base/command-text.ts'
import type { Facts } from '../facts.ts'

/** A command for a person, as one types it in the environment's directory. */
export const typed = ({ environment }: Facts, words: string): string =>
  `cd ${environment.directory} && docker compose ${words}`

/** Deploying what is live already repairs and changes nothing else. */
export const repairing = ({ environment, release }: Facts): string =>
  `${commandOf('deploy', environment.name)}${release ? ` --tag ${release.tag}` : ''}`
