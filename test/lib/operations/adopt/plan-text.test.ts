import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shippedComposeFile } from '../../../../lib/environment/directory.ts'
import { blocking } from '../../../../lib/operations/adopt/blocking.ts'
import { notKept } from '../../../../lib/operations/adopt/not-kept.ts'
import { planText } from '../../../../lib/operations/adopt/plan-text.ts'
import { changesFor } from '../../../../lib/operations/adopt/settings.ts'
import { environment, fastapi, oldStack, type ToldStack, tracehub } from './old-stacks.ts'

const planned = (stack: ToldStack, more: Parameters<typeof oldStack>[1] = {}): string => {
  const old = oldStack(stack, more)
  return planText(environment, old, changesFor(environment, old), {
    notKept: notKept(environment, old),
    blocking: blocking(environment, old, shippedComposeFile()),
  })
}

const plan = suite('adopt: the plan for people')

plan("TraceHub's own, whole", () => {
  const text = planned(tracehub, {
    dotenv: { DB_PASSWORD: 'x', BACKEND_IMAGE: 'y' },
    backups: [
      {
        name: 'backup_20260102_030000.sql.gz',
        file: '',
        bytes: 1,
        at: Date.UTC(2026, 0, 2),
        manifest: undefined,
      },
      { name: 'old.dump', file: '', bytes: 1, at: 0, manifest: undefined },
    ],
    inFiles: { seed: { environment: {} } },
  })
  assert.fixture(text, wanted)
})

plan('80 columns, and no value of a variable, whatever the stack', () => {
  for (const stack of [tracehub, fastapi] as ToldStack[]) {
    const text = planned(stack)
    for (const line of text.split('\n')) assert.ok(line.length <= 80 || !line.trim().includes(' '), line)
    for (const { env = {} } of Object.values(stack))
      for (const [name, value] of Object.entries(env))
        if (value.length > 8) assert.not.match(text, value, name)
  }
})

plan('what somebody wrote into a label or a name moves no cursor', () => {
  const stack: ToldStack = {
    ...tracehub,
    frontend: { ...tracehub.frontend, mounts: [['bind', '/a\u001b[2Jb', '/b']] },
  }
  assert.not.match(planned(stack), '\u001b')
})

const wanted = `adopt production: the plan for old, in /srv/old; nothing was changed

What becomes of each service
  backend   ghcr.io/acme/backend:main-1 (6261636b656e)
            running, no health check, restart unless-stopped, on old_default
            /app/uploads is /srv/old/uploads
            /app/logs is /srv/old/logs
            → backend-blue and backend-green, behind the proxy on
              127.0.0.1:8000
  db        postgres:15 (706f73746772)
            running, healthy, restart unless-stopped, on old_default
            /var/lib/postgresql/data is the volume old_tracehub_postgres_data
            /backups is /srv/old/backups
            → db, PostgreSQL 15.8; its old volume stays as the way back
  frontend  ghcr.io/acme/frontend:main-1 (66726f6e7465)
            running, no health check, restart unless-stopped, on old_default
            0.0.0.0:80 leads to 80
            0.0.0.0:443 leads to 443
            /etc/letsencrypt is /etc/letsencrypt
            → frontend-blue and frontend-green, behind the proxy on
              127.0.0.1:3000
  seed      in the files, and has no container

The database
  server      PostgreSQL 15.8
  database    tracehub, 7.6 MiB, owned by tracehub
  extensions  pg_trgm 1.6
  schema      a1b2c3d4 (public.alembic_version)
  backups     2 files, the newest backup_20260102_030000.sql.gz of 2026-01-02

Settings that differ
  images.backend   'registry.example/tracehub-backend' →
                   'ghcr.io/acme/backend'
                   where its image comes from
  images.frontend  'registry.example/tracehub-frontend' →
                   'ghcr.io/acme/frontend'
                   where its image comes from
  images.database  'postgres:17' → 'postgres:15'
                   the server is 15.8: moving and upgrading are two things

Variables, by their names
  secrets      DB_PASSWORD, JWT_SECRET
  new secrets  JSONCARGO_API_KEY, PROPELAUTH_API_KEY
  others       LOG_LEVEL
  made anew    DATABASE_URL
  left here    BACKEND_IMAGE

What cannot be kept as it is
  !  frontend publishes 80, 443, ends TLS with /etc/letsencrypt, and here the
     frontend is plain HTTP on 127.0.0.1:3000
     → the TLS edge takes 80, 443 and the certificates over
       (docs/tls-edge.md); the image serves plain HTTP on 80
  !  backend has what it has not here: /srv/old/logs at /app/logs
     → bring it into the image, or add it to environments/docker-compose.yml
  !  the uploads are in /srv/old/uploads, and here in
     /home/tracehub/production/uploads
     → cp -a /srv/old/uploads/. /home/tracehub/production/uploads/
  !  tracehub is the server's superuser, and here it only owns the database
     → database.superuser keeps that, for an application that cannot do
       without (docs/secrets.md)
`

plan.run()
