import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a sound history of `length` revisions that make tables, columns, indexes, enums and rows. */
export function writeHistory(directory: string, length: number): void {
  const versions = join(directory, 'alembic', 'versions')
  mkdirSync(versions, { recursive: true })
  mkdirSync(join(directory, 'app'), { recursive: true })
  writeFileSync(
    join(directory, 'alembic.ini'),
    '[alembic]\nscript_location = alembic\nprepend_sys_path = .\n',
  )
  writeFileSync(join(directory, 'alembic', 'env.py'), environment)
  for (let number = 1; number <= length; number += 1) {
    const date = new Date(Date.UTC(2024, 0, number, 9)).toISOString().slice(0, 10).replaceAll('-', '')
    const id = idOf(number)
    writeFileSync(join(versions, `${date}_0900_${id}_step_${number}.py`), revision(number))
  }
}

export const idOf = (number: number): string => `b${String(number).padStart(7, '0')}`

const environment = `import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`

/** Four kinds in turn: a table with an enum, a column, an index, rows. */
function revision(number: number): string {
  const table = `t${Math.floor((number - 1) / 4)}`
  const [up, down] = (
    [
      [
        `op.create_table("${table}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(80), nullable=False), sa.Column("kind", kind, nullable=False), sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()))`,
        `op.drop_table("${table}")\n    kind.drop(op.get_bind())`,
      ],
      [`op.add_column("${table}", sa.Column("note", sa.Text))`, `op.drop_column("${table}", "note")`],
      [`op.create_index("ix_${table}_name", "${table}", ["name"])`, `op.drop_index("ix_${table}_name")`],
      [
        `op.execute("INSERT INTO ${table} (id, name, kind) VALUES (1, 'first', 'a')")`,
        `op.execute("DELETE FROM ${table} WHERE id = 1")`,
      ],
    ] as const
  )[(number - 1) % 4] ?? ['pass', 'pass']
  return `"""step ${number}"""

import sqlalchemy as sa
from alembic import op

revision = "${idOf(number)}"
down_revision = ${number === 1 ? 'None' : `"${idOf(number - 1)}"`}

kind = sa.Enum("a", "b", name="${table}_kind")


def upgrade() -> None:
    ${up}


def downgrade() -> None:
    ${down}
`
}
