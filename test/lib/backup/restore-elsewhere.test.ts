import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rolesIn } from '../../../lib/backup/restore-elsewhere.ts'

const roles = suite('the roles that a backup names')

roles('owners, those who were given or denied something, and those of policies; each once', () => {
  const statements = `ALTER TABLE public.shipments OWNER TO tracehub;
GRANT SELECT,INSERT ON TABLE public.shipments TO "readers, of it";
REVOKE ALL ON SCHEMA public FROM auditor;
GRANT SELECT ON TABLE public.customers TO tracehub, "a ""quoted"" one" WITH GRANT OPTION;
CREATE POLICY own ON public.shipments FOR SELECT TO clerk, driver USING ((owner = CURRENT_USER));
ALTER DEFAULT PRIVILEGES FOR ROLE deployer IN SCHEMA public GRANT SELECT ON TABLES TO reporting;
`
  const found = [
    'tracehub',
    'readers, of it',
    'auditor',
    'a "quoted" one',
    'clerk',
    'driver',
    'deployer',
    'reporting',
  ]
  assert.equal(rolesIn(statements), found)
})

roles('none that every server has', () => {
  assert.equal(rolesIn('GRANT USAGE ON SCHEMA public TO PUBLIC;\nALTER TABLE a OWNER TO postgres;'), [])
})

roles.run()
