import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spellings } from '../../../lib/migrate-check/live-version.ts'

const written = suite('live-version: how a program may write a name')

const cases: [name: string, text: string, isOne: boolean][] = [
  ['carrier', 'carrier', true],
  ['carrier', 'CARRIER', true], // in SQL
  ['carrier', 'carriers', false],
  ['public.shipment_items', 'shipment_items', true],
  ['public.shipment_items', 'ShipmentItem', true], // SQLModel, and whoever names tables after their classes
  ['public.companies', 'Company', true],
  ['public.boxes', 'Box', true],
  ['public.boxes', 'Boxer', false],
  ['public.a$b(c', 'a$b(c', true],
]
for (const [name, text, isOne] of cases)
  written(`${name} as ${text}`, () => assert.is(new RegExp(`^(${spellings(name)})$`, 'i').test(text), isOne))

written.run()
