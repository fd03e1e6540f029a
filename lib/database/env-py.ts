import { readInImage } from '../docker/image-reading.ts'
import type { PinnedImage } from '../environment/releases.ts'
import { secretsOf, serviceVariables } from '../environment/secrets.ts'
import type { Site } from '../proxy/site.ts'
import { urlAdvice } from './migration-advice.ts'

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
