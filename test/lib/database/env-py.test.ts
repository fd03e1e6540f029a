import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { handsUrlOn } from '../../../lib/database/migration-advice.ts'

const reading = suite('env.py: what it does with the URL')

for (const [what, text, isHandedOn] of [
  ['as it is', 'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])', true],
  [
    'on lines of its own',
    "config.set_main_option(\n    'sqlalchemy.url',\n    settings.database_url,\n)",
    true,
  ],
  [
    'into a section',
    'config.set_section_option(config.config_ini_section, "sqlalchemy.url", os.environ["DATABASE_URL"])',
    true,
  ],
  ['escaped', 'config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))', false],
  ['escaped before', "url = url.replace('%', '%%')\nconfig.set_main_option('sqlalchemy.url', url)", false],
  ['another option', 'config.set_main_option("script_location", "x")', false],
  ['an engine of its own', 'engine = create_engine(os.environ["DATABASE_URL"])', false],
] as const)
  reading(what, () => assert.is(handsUrlOn(text), isHandedOn))

reading.run()
