import { generateKeyPairSync } from 'node:crypto'

/** A key for an SSH server of a test's own. Not ssh2's generateKeyPairSync: of 3,000 that it made, it could not read 11. */
export const newHostKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'sec1', format: 'pem' })
    .toString()
