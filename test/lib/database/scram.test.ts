import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scramVerifier } from '../../../lib/database/scram.ts'

const scram = suite('scram: what PostgreSQL keeps of a password')

scram('the example of RFC 7677', () => {
  // Its password, salt and iterations; the two keys were computed with another implementation, Python's hashlib.
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))
  assert.is(
    verifier,
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

scram('another salt each time', () => assert.is.not(scramVerifier('pencil'), scramVerifier('pencil')))

scram.run()
