import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { foreignFormat, formatIn } from '../../../lib/backup/format.ts'

const formats = suite('formats: each by its right name')

const head = (bytes: Buffer): string => bytes.toString('latin1')
for (const [what, bytes, name, fix] of [
  [
    'bzip2',
    Buffer.from('BZh91AY'),
    'compressed by bzip2',
    "bunzip2 --stdout '/b/my dump.sql.bz2' > '/b/my dump-usable.sql'",
  ],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'compressed by xz', 'unxz --stdout'],
  ['zip', Buffer.from('PK\x03\x04'), 'a zip archive', 'unzip -p'],
  [
    'UTF-16',
    Buffer.from('\ufeff--\r\n', 'utf16le'),
    'text in UTF-16, as the > of PowerShell writes it',
    'iconv -f UTF-16LE -t UTF-8',
  ],
  [
    'UTF-16 without a mark',
    Buffer.from('--\r\n-- ', 'utf16le'),
    'text in UTF-16, as the > of PowerShell writes it',
    'iconv',
  ],
  ['CRLF', Buffer.from('--\r\n-- PostgreSQL'), 'text with the line ends of Windows (CRLF)', "tr -d '\\r' <"],
  [
    'pg_dumpall',
    Buffer.from('--\n-- PostgreSQL database cluster dump\n--\n'),
    'a dump of a whole server, by pg_dumpall',
    'tracehub',
  ],
] as const)
  formats(`refused, with the command that makes it usable: ${what}`, () => {
    const said = foreignFormat(head(bytes), '/b/my dump.sql.bz2', 'tracehub')
    assert.is(said?.name, name)
    assert.match(said?.fix ?? '', fix)
  })

formats('restored: plain, gzip, zstd, custom, tar of pg_dump', () => {
  for (const [bytes, format] of [
    [Buffer.from('--\n-- PostgreSQL database dump\n'), 'sql'],
    [gzipSync('x'), 'gzip'],
    [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'zstd'],
    [Buffer.from('PGDMP'), 'custom'],
    [Buffer.concat([Buffer.from('toc.dat\0'), Buffer.alloc(249), Buffer.from('ustar')]), 'custom'],
  ] as const) {
    assert.is(foreignFormat(head(bytes), 'x', 'tracehub'), undefined)
    assert.is(formatIn(head(bytes)), format)
  }
})

formats.run()
