import { commandOf } from '../base/command-text.ts'
import { readInImage } from '../docker/image-reading.ts'
import type { PinnedImage } from '../environment/releases.ts'
import { secretsOf, serviceVariables } from '../environment/secrets.ts'
import type { Site } from '../proxy/site.ts'

/** Whether an env.py hands the URL to ConfigParser as it is, for which a % begins a reference to another setting. */
export const handsUrlOn = (text: string): boolean =>
  /set_(main_option\(|section_option\([^,()]+,)\s*["']sqlalchemy\.url["']/.test(text) &&
  !/replace\(\s*["']%["']\s*,\s*["']%%["']/.test(text)

/** Says before any migration runs that env.py will not understand DATABASE_URL, where both have what it takes for that. */
export async function warnOfUrl({ environment, run }: Site, image: PinnedImage): Promise<void> {
  const url = serviceVariables(environment, secretsOf(environment)).backend['DATABASE_URL'] ?? ''
  if (!url.includes('%')) return
  const every = "find . -name env.py -not -path '*/site-packages/*' -exec cat {} +"
  const { stdout } = await readInImage(image, ['sh', '-c', every], { signal: run.signal })
  if (handsUrlOn(stdout))
    run.warn({
      what: 'the migrations will probably fail: DATABASE_URL has a %, and env.py hands it to set_main_option as it is',
      fix: urlAdvice(environment.name),
    })
}

/**
 * What to do after an Alembic command has failed, by what it printed. `config.set_main_option("sqlalchemy.url", …)`
 * hands the URL to ConfigParser, for which every % begins a reference: `%40`, the @ of a password, is one that it does
 * not understand (https://alembic.sqlalchemy.org/en/latest/api/config.html, set_main_option).
 */
export function adviceAfter(printed: string, environment: string, otherwise: string): string {
  if (/must be (a )?superuser|permission denied (to|for|to create) /i.test(printed))
    return rightsAdvice(environment)
  if (!/invalid interpolation syntax|'%' must be followed by/i.test(printed)) return otherwise
  return urlAdvice(environment)
}

const rightsAdvice = (environment: string): string =>
  [
    'the application owns its database and is no superuser: what only a superuser may do (an extension, say), do by hand, then deploy again:',
    commandOf('enter', environment, 'superuser'),
    `or, where it needs that for good: superuser: true in database of environments/${environment}.ts`,
  ].join('\n')

export const urlAdvice = (environment: string): string =>
  [
    'a % in DATABASE_URL, of a character in DB_PASSWORD such as @ or %, is more than env.py can read: no migration is at fault',
    `in env.py: config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))`,
    `or, once a version is live, give it a password of letters and digits: ${commandOf('secrets', environment, 'rotate DB_PASSWORD')}`,
  ].join('\n')
